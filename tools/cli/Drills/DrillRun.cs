using System.Diagnostics;
using Shop.Cli.Auditing;
using Shop.Cli.Processes;
using Shop.Cli.Running;

namespace Shop.Cli.Drills;

/// <summary>How a drill is run.</summary>
/// <param name="Orders">Of each drill.</param>
/// <param name="Rate">Orders per second.</param>
sealed record DrillOptions(int Orders, double Rate, int Seed);

/// <summary>One drill: load, faults, quiet, audit.</summary>
sealed class DrillRun(DrillSystem system, Drill drill, DrillOptions options, Steps steps)
{
    /// <summary>For customers who wait for an answer, and for orders that wait for their end, after all faults are over.</summary>
    static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    readonly List<string> _failures = [];
    readonly List<StrikeReport> _strikes = [];

    public async Task<DrillReport> Run(CancellationToken cancellation)
    {
        var replicas = Replicas.Services.ToDictionary(service => service, _ => drill.Replicas);
        await system.Start(replicas, steps, cancellation);
        await Stock.Prepare(system.Checkout, cancellation);
        await new Probe(system.Checkout).Warm(cancellation);
        var before = system.Checkout.State.Processes.All;
        var rate = Math.Min(options.Rate, options.Orders / drill.LoadAtLeast.TotalSeconds);
        var plan = PlannedOrder.Mix($"{drill.Name}-{options.Seed}", options.Seed, options.Orders, rate);
        var strikes = drill.Plan(new Random(options.Seed), TimeSpan.FromSeconds(options.Orders / rate));
        using var customers = new Customers(system.Checkout);
        var machine = Busyness.Watch();

        await steps.Run(
            $"{drill.Name}: {options.Orders} orders",
            async () =>
            {
                var load = customers.Run(plan, _patience, cancellation);
                await Strike(strikes, load, cancellation);
                await load;
            },
            $"{options.Orders} orders placed at {rate:0.#}/s");
        MustBeTheSame(before, strikes);
        var audit = await steps.Run(
            $"{drill.Name}: waiting for every order to end, then audit",
            () => new Audit(system.Checkout).Run(_patience, _ => { }, cancellation),
            result => $"audit of {result.Orders} orders and {result.Charges} charges");
        var ends = await OrderEnds.Read(system.Checkout, customers.Accepted.Keys, cancellation);
        _failures.AddRange(DrillJudge.Failures(drill, customers, audit, ends));
        return DrillReport.Of(drill.Name, options.Seed, plan.Count, customers, audit, ends, _strikes, _failures, machine());
    }

    async Task Strike(IReadOnlyList<Strike> strikes, Task load, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        foreach (var strike in strikes)
        {
            if (strike.At > clock.Elapsed)
            {
                await Task.Delay(strike.At - clock.Elapsed, cancellation);
            }

            if (load.IsCompleted)
            {
                break;
            }

            await Strike(strike, clock, cancellation);
        }

        if (_strikes is [])
        {
            _failures.Add("no fault happened while there was load");
        }
    }

    async Task Strike(Strike strike, Stopwatch clock, CancellationToken cancellation)
    {
        var at = clock.Elapsed;
        try
        {
            var end = await strike.Fault.Begin(system, cancellation);
            await Task.Delay(strike.Lasting, cancellation);
            if (drill.GoesOn)
            {
                MustBeQuick(await new Probe(system.Checkout).UntilConfirmed(cancellation), strike.Fault, "into");
            }

            var lasted = clock.Elapsed - at;
            var recovering = new Probe(system.Checkout).UntilConfirmed(cancellation);
            var effect = await end(cancellation);
            var recovery = await recovering;
            MustBeQuick(recovery, strike.Fault, "after");
            steps.Note(FormattableString.Invariant(
                $"  {at.TotalSeconds,5:0.0} s  {strike.Fault.Title} for {lasted.TotalSeconds:0.0} s: {effect}; an order confirmed {Seconds(recovery)} s later"));
            _strikes.Add(new(
                strike.Fault.Title, Math.Round(at.TotalSeconds, 1), Math.Round(lasted.TotalSeconds, 1), effect, Rounded(recovery)));
        }
        catch (FaultMissed missed)
        {
            _failures.Add($"{strike.Fault.Title} at {at.TotalSeconds:0.0} s did not bite: {missed.Message}");
        }
    }

    void MustBeQuick(TimeSpan? confirmed, Fault fault, string when)
    {
        if (confirmed is null || confirmed > drill.RecoverWithin)
        {
            _failures.Add(
                $"{fault.Title}: a new order was confirmed {Seconds(confirmed)} s {when} it, and should be within {drill.RecoverWithin.TotalSeconds} s");
        }
    }

    // A fault elsewhere ends no process: each waits for what it needs.
    void MustBeTheSame(IReadOnlyList<ProcessRecord> before, IReadOnlyList<Strike> strikes)
    {
        var victims = strikes.SelectMany(strike => strike.Fault.Victims).ToHashSet();
        var died = before.Where(record => !record.IsAlive && !victims.Contains(record.Name));
        _failures.AddRange(died.Select(record => $"{record.Name} (pid {record.Pid}) ended, though nobody ended it"));
    }

    static string Seconds(TimeSpan? time) => time is { } known ? FormattableString.Invariant($"{known.TotalSeconds:0.0}") : "never, or not within 90";

    static double? Rounded(TimeSpan? time) => time is { } known ? Math.Round(known.TotalSeconds, 1) : null;
}
