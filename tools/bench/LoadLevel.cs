using System.Globalization;
using Shop.Launcher;

namespace Shop.Bench;

/// <summary>How hard a system is driven.</summary>
/// <param name="Name">As it is typed and printed.</param>
/// <param name="Rate">Orders per second; null where it depends on what the system can do.</param>
public sealed record LoadLevel(string Name, double? Rate)
{
    const double RateMax = 10_000;

    /// <summary>As fast as it answers.</summary>
    public static LoadLevel Saturated { get; } = new("saturated", null);

    /// <summary>Half of what the same system has just done when it was saturated.</summary>
    public static LoadLevel Half { get; } = new("half", null);

    /// <summary>Reads <c>10,50,half</c>. Saturated comes first and always: the others are seen beside it.</summary>
    /// <exception cref="UserError">A rate is none.</exception>
    public static IReadOnlyList<LoadLevel> Parse(string rates) =>
    [
        Saturated,
        .. rates.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(rate => rate != Saturated.Name).Distinct()
            .Select(rate => rate == Half.Name ? Half : new LoadLevel($"{rate}/s", Read(rate))),
    ];

    /// <summary>Orders per second for one system; null for as many as it takes.</summary>
    /// <param name="saturated">What it completes in a second when it is saturated.</param>
    public double? RateFor(double saturated) => this == Half ? Math.Max(1, saturated / 2) : Rate;

    static double Read(string rate) =>
        double.TryParse(rate, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number is >= 0.1 and <= RateMax
            ? number
            : throw new UserError($"--rates: \"{rate}\" is neither a number of orders per second from 0.1 to {RateMax:0} nor \"half\".");
}
