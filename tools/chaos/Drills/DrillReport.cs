using System.Text.Json.Serialization;
using Shop.Chaos.Auditing;

namespace Shop.Chaos.Drills;

/// <summary>What a drill did and found.</summary>
/// <param name="Skipped">Why it did not run; null if it did.</param>
/// <param name="FailedRequests">Those that customers had to repeat, by reason.</param>
/// <param name="LongestUnavailability">Seconds from when an order was due to its 202, at worst.</param>
/// <param name="Recovery">Seconds from the end of a fault until a new order was confirmed, at worst.</param>
/// <param name="Machine">How busy it was; null if the drill did not come to its end.</param>
/// <param name="Failures">What contradicts the promises. None, or the drill has failed.</param>
public sealed record DrillReport(
    string Drill,
    int Seed,
    OrderCounts Orders,
    IReadOnlyList<FaultReport> Faults,
    IReadOnlyDictionary<string, int> FailedRequests,
    double LongestUnavailability,
    double? Recovery,
    int InvariantsChecked,
    IReadOnlyList<string> Failures,
    MachineLoad? Machine = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Skipped = null)
{
    public bool Ok => Failures is [];

    public static DrillReport Of(
        string drill,
        int seed,
        int planned,
        Customers customers,
        AuditResult audit,
        IReadOnlyDictionary<Guid, OrderEnd> ends,
        IReadOnlyList<FaultReport> faults,
        IReadOnlyList<string> failures,
        MachineLoad machine) => new(
            drill,
            seed,
            new(
                planned,
                customers.Accepted.Count,
                ends.Values.Count(end => end.Status == "Confirmed"),
                ends.Values.Where(end => end.Status == "Cancelled").CountBy(end => end.Reason ?? "").ToDictionary()),
            faults,
            customers.FailedRequests,
            Math.Round(customers.LongestWait.TotalSeconds, 1),
            faults.Max(planned => planned.Recovery),
            audit.Invariants.Count,
            failures,
            machine);

    /// <summary>The drill broke off. The reason is itself a finding.</summary>
    public static DrillReport Unfinished(string drill, int seed, string why) =>
        Nothing(drill, seed) with { Failures = [$"it broke off: {why}"] };

    /// <summary>This machine cannot run it.</summary>
    public static DrillReport Skip(string drill, int seed, string why) => Nothing(drill, seed) with { Skipped = why };

    static DrillReport Nothing(string drill, int seed) =>
        new(drill, seed, new(0, 0, 0, new Dictionary<string, int>()), [], new Dictionary<string, int>(), 0, null, 0, []);
}

/// <summary>The orders of a drill by what became of them.</summary>
/// <param name="Planned">What the customers meant to order.</param>
/// <param name="Accepted">What got a 202.</param>
/// <param name="Cancelled">By reason.</param>
public sealed record OrderCounts(int Planned, int Accepted, int Confirmed, IReadOnlyDictionary<string, int> Cancelled);

/// <summary>A fault that happened.</summary>
/// <param name="At">Seconds from the start of the load.</param>
/// <param name="Lasted">Seconds.</param>
/// <param name="Effect">What shows that it did something.</param>
/// <param name="Recovery">Seconds from its end until a new order was confirmed; null if none was.</param>
public sealed record FaultReport(string Fault, double At, double Lasted, string Effect, double? Recovery);
