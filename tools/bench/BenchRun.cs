using System.Diagnostics;
using Shop.Bench.Peers;
using Shop.Chaos.Drills;
using Shop.Chaos.Load;
using Shop.Launcher;
using Shop.Launcher.Running;
using Spectre.Console;
using static System.FormattableString;

namespace Shop.Bench;

/// <summary>
/// Starts the systems one after the other, each with databases made anew, and drives them at all levels; and all of that again, round
/// by round. Each round begins with another system, so that none always has the cold machine.
/// </summary>
/// <param name="progress">Told a line for each step.</param>
public sealed class BenchRun(Checkout checkout, BenchOptions options, Action<string> progress)
{
    const int PortOffset = 3300;
    const string Payment = "tok_visa";

    // What follows on the end of an order gets done, and idle connections of PostgreSQL report what they have counted.
    static readonly TimeSpan _settlingTime = TimeSpan.FromSeconds(10);

    readonly Steps _silent = new(AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(TextWriter.Null) }));
    readonly List<Measurement> _measurements = [];
    readonly List<Start> _starts = [];
    readonly List<Finding> _findings = [];

    /// <summary>A system of its own, beside the one of a checkout: other ports, other data.</summary>
    public static Checkout Beside(Checkout users) => new(
        users.Root, new StateDirectory(users.State.Combine("bench")), Ports.Parse($"{users.Ports.Offset + PortOffset}"));

    public async Task<BenchResult> Run(CancellationToken cancellation)
    {
        var (at, loadBefore) = (DateTimeOffset.UtcNow, MachineLoad.LoadOf(await File.ReadAllTextAsync("/proc/loadavg", cancellation)));
        for (var round = 1; round <= options.Rounds; round++)
        {
            var first = (round - 1) % options.Peers.Count;
            foreach (var name in options.Peers.Skip(first).Concat(options.Peers.Take(first)))
            {
                await Measure(Peer.Find(name), round, cancellation);
            }
        }

        return new(at, Environment.ProcessorCount, loadBefore, options, _measurements, _starts, _findings);
    }

    /// <summary>Ends everything and deletes its data.</summary>
    public async Task Wipe(bool keepLogs)
    {
        var stop = new SystemStop(checkout, _silent);
        await stop.Run(wipe: true);
        stop.Wipe(keepLogs);
    }

    async Task Measure(Peer peer, int round, CancellationToken cancellation)
    {
        await Wipe(keepLogs: false);
        try
        {
            var clock = Stopwatch.StartNew();
            await using var running = await peer.Start(checkout, _silent, cancellation);
            var startSeconds = clock.Elapsed.TotalSeconds;
            progress(Invariant($"round {round} of {options.Rounds}  {peer.Name}  ready after {startSeconds:0.0} s"));
            var first = (await Drive(peer, running, round, null, options.WarmUpSeconds, cancellation)).CompletedPerSecond;
            var saturated = 0.0;
            foreach (var level in options.Levels)
            {
                var rate = level.RateFor(saturated);
                var messages = await running.Messages(cancellation);
                await Task.Delay(_settlingTime, cancellation);
                var load = await Drive(peer, running, round, rate, options.Seconds, cancellation);
                messages = await running.Messages(cancellation) - messages;
                saturated = level == LoadLevel.Saturated ? load.CompletedPerSecond : saturated;
                var messagesPerOrder = Math.Round(messages / (double)Math.Max(1, load.Accepted), 2);
                _measurements.Add(new(peer.Name, round, level.Name, rate, load, messagesPerOrder));
                progress(BenchText.Progress(_measurements[^1], options.Rounds));
            }

            _starts.Add(new(peer.Name, round, Math.Round(startSeconds, 1), first, saturated));
            foreach (var violation in await running.Check(cancellation))
            {
                Report(peer, round, violation);
            }
        }
        catch (Exception error) when (!cancellation.IsCancellationRequested)
        {
            // The others are worth measuring all the same.
            Report(peer, round, error.Message);
        }
        finally
        {
            await Wipe(keepLogs: true);
        }
    }

    async Task<LoadResult> Drive(Peer peer, RunningPeer running, int round, double? rate, int seconds, CancellationToken cancellation)
    {
        var load = new LoadOptions(rate, seconds, BenchOptions.Connections, Payment);
        var result = await new LoadRun(checkout, load, running.Subject).Run((_, _, _) => { }, cancellation);
        if (!result.Ok)
        {
            var unexplained = string.Concat(result.Unexplained.Select(reason => $", {reason.Value} without a reason {reason.Key}"));
            Report(
                peer,
                round,
                $"{result.Accepted} of {result.Sent} orders accepted, {result.MissingOrders} missing{unexplained}, "
                + $"{result.UnexplainedDuplicates} messages dropped as duplicates without a second delivery");
        }

        return result;
    }

    void Report(Peer peer, int round, string what)
    {
        _findings.Add(new(peer.Name, round, what));
        progress($"round {round} of {options.Rounds}  {peer.Name}  WRONG: {what}");
    }
}
