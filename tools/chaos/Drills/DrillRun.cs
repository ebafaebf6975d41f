using System.Diagnostics;
using Shop.Launcher.Running;

namespace Shop.Chaos.Drills;

/// <summary>How a drill is run.</summary>
/// <param name="Orders">Of each drill.</param>
/// <param name="Rate">Orders per second.</param>
/// <param name="Replicas">Processes of each service, at least; null for as many as the drill needs.</param>
public sealed record DrillOptions(int Orders, double Rate, int Seed, IReadOnlyDictionary<string, int>? Replicas = null);

/// <summary>One drill on one system: load, faults, the end of every order, audit.</summary>
public sealed class DrillRun(DrillSystem system, Drill drill, DrillOptions options, Steps steps)
{
    /// <summary>For customers who wait for an answer, and for orders that wait for their end, after all faults are over.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(3);

    readonly List<string> _failures = [];
    readonly List<FaultReport> _happened = [];
    readonly List<FaultWindow> _windows = [];

    public async Task<DrillReport> Run(CancellationToken cancellation)
    {
        await system.Prepare(drill, options, steps, cancellation);
        var rate = Math.Min(options.Rate, options.Orders / drill.LoadAtLeast.TotalSeconds);
        var plan = PlannedOrder.Mix(system.KeysOf(drill, options.Seed), options.Seed, options.Orders, rate);
        var faults = drill.Plan(new Random(options.Seed), TimeSpan.FromSeconds(options.Orders / rate));
        using var customers = new Customers(system.Checkout);
        var machine = MachineLoad.Watch();

        await steps.Run(
            $"{drill.Name}: {options.Orders} orders",
            async () =>
            {
                var load = customers.Run(plan, TimeLimit, cancellation);
                await Cause(faults, load, cancellation);
                await load;
            },
            $"{options.Orders} orders placed at {rate:0.#}/s");
        _failures.AddRange(await system.Damage(faults, cancellation));
        var audit = await steps.Run(
            $"{drill.Name}: waiting for every order to end, then audit",
            () => system.Audit(TimeLimit, cancellation),
            result => $"audit of {result.Orders} orders and {result.Charges} charges");
        var ends = await system.Ends(customers.Accepted.Keys, cancellation);
        var copies = await system.CountCopies(cancellation);
        _failures.AddRange(DrillJudge.Failures(drill, customers, audit, ends, _windows, copies));
        return DrillReport.Of(drill.Name, options.Seed, plan.Count, customers, audit, ends, _happened, _failures, machine());
    }

    async Task Cause(IReadOnlyList<PlannedFault> faults, Task load, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        foreach (var planned in faults)
        {
            var wait = planned.At - clock.Elapsed;
            await Task.Delay(wait > planned.Pause ? wait : planned.Pause, cancellation);
            if (load.IsCompleted)
            {
                break;
            }

            await Cause(planned, clock, cancellation);
        }

        if (_happened is [])
        {
            _failures.Add("no fault happened while there was load");
        }
    }

    async Task Cause(PlannedFault planned, Stopwatch clock, CancellationToken cancellation)
    {
        var (fault, at) = (planned.Fault, clock.Elapsed);
        var ended = at;
        try
        {
            var end = await fault.Begin(system, cancellation);
            await Task.Delay(planned.Lasting, cancellation);
            if (drill.GoesOn)
            {
                MustBeQuick(await Probe(cancellation), fault, "into");
            }

            var lasted = clock.Elapsed - at;
            var recovering = fault.EndsByRecovery ? Probe(cancellation) : null;
            var effect = await end(cancellation);
            ended = clock.Elapsed;
            lasted = fault.EndsByRecovery ? lasted : ended - at;
            var recovery = await (recovering ?? Probe(cancellation));
            MustBeQuick(recovery, fault, "after");
            steps.Note(FormattableString.Invariant(
                $"  {at.TotalSeconds,5:0.0} s  {fault.Title} for {lasted.TotalSeconds:0.0} s: {effect}; ")
                + $"an order confirmed {Seconds(recovery)} s later");
            _happened.Add(new(fault.Title, Math.Round(at.TotalSeconds, 1), Math.Round(lasted.TotalSeconds, 1), effect, Rounded(recovery)));
        }
        catch (FaultMissed missed)
        {
            _failures.Add($"{fault.Title} at {at.TotalSeconds:0.0} s did not bite: {missed.Message}");
        }

        _windows.Add(new(at, fault.FeltFor is { } felt ? at + felt : ended + Limit(fault), fault.MayCause));
    }

    Task<TimeSpan?> Probe(CancellationToken cancellation) => new Probe(system.Checkout).UntilConfirmed(cancellation);

    TimeSpan Limit(Fault fault) => fault.RecoverWithin ?? drill.RecoverWithin;

    void MustBeQuick(TimeSpan? confirmed, Fault fault, string when)
    {
        if (confirmed is null || confirmed > Limit(fault))
        {
            _failures.Add(
                $"{fault.Title}: a new order was confirmed {Seconds(confirmed)} s {when} it, "
                + $"and should be within {Limit(fault).TotalSeconds} s");
        }
    }

    static string Seconds(TimeSpan? time) =>
        time is { } known ? FormattableString.Invariant($"{known.TotalSeconds:0.0}") : "never, or not within 90";

    static double? Rounded(TimeSpan? time) => time is { } known ? Math.Round(known.TotalSeconds, 1) : null;
}
