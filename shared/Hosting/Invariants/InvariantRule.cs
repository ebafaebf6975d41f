using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Shop.Hosting;

/// <summary>
/// A promise that a service can check in its own database at any time, also while it is busy. <c>./shop audit</c> checks promises that need
/// several services or an idle system.
/// </summary>
/// <param name="Name">In metrics and logs.</param>
/// <param name="Promise">What always holds, as a sentence.</param>
/// <param name="Violations">
/// SQL for what contradicts it, as three columns of text: subject, expected and found. It runs all the time, so an index has
/// to keep it as small as the work in flight.
/// </param>
public sealed record InvariantRule(string Name, string Promise, string Violations)
{
    /// <summary>A time as SQL.</summary>
    public static string Interval(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"interval '{time.TotalSeconds} s'");
}

/// <summary>How a service watches its own promises.</summary>
public sealed class InvariantOptions
{
    public const string Section = "Invariants";

    /// <summary>How often they are checked.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The time that something may be overdue before it counts as a violation.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(1);
}
