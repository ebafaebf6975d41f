using System.Diagnostics;
using System.Globalization;

namespace Shop.Chaos.Drills;

/// <summary>How busy the machine was during a drill, with all programs on it. Times on a busy machine say little about the shop.</summary>
/// <param name="Cores">Of the machine.</param>
/// <param name="Load">Tasks that ran or wanted to, on average over the last minute.</param>
/// <param name="Waiting">The share of the drill's time in which a task waited for a core; null where the kernel does not count it.</param>
public sealed record MachineLoad(int Cores, double Load, double? Waiting)
{
    public bool IsBusy => Load > 2 * Cores || Waiting > 0.5;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Cores} cores, load average {Load:0.0}{(Waiting is { } share ? $", a task waited for a core {share:P0} of the time" : "")}{(IsBusy ? ": busy, so times are longer than the shop's own" : "")}");

    /// <returns>A function that measures how busy the machine has been since this call.</returns>
    public static Func<MachineLoad> Watch()
    {
        var (clock, before) = (Stopwatch.StartNew(), WaitedMicroseconds());
        return () => new(
            Environment.ProcessorCount,
            LoadOf(File.ReadAllText("/proc/loadavg")),
            WaitedMicroseconds() is { } after && before is { } first
                ? Math.Round((after - first) / clock.Elapsed.TotalMicroseconds, 2)
                : null);
    }

    /// <summary>The first number is the average of a minute.</summary>
    public static double LoadOf(string loadAverage) => double.Parse(loadAverage.Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>From <c>some avg10=1.00 avg60=1.00 avg300=1.00 total=123</c>.</summary>
    public static long TotalOf(string pressure) =>
        long.Parse(pressure.Split('\n')[0].Split("total=")[1], CultureInfo.InvariantCulture);

    // Some kernels do not count it, or do not let every user read it.
    static long? WaitedMicroseconds()
    {
        try
        {
            return TotalOf(File.ReadAllText("/proc/pressure/cpu"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
