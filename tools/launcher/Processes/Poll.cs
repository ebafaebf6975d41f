using System.Diagnostics;

namespace Shop.Launcher.Processes;

/// <summary>Waits for a condition by asking again and again.</summary>
public static class Poll
{
    /// <summary>Asks at least once, until the condition holds.</summary>
    /// <returns>False if it did not hold within the time limit.</returns>
    public static async Task<bool> Until(
        Func<Task<bool>> holds, TimeSpan limit, TimeSpan interval, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        while (!await holds())
        {
            if (clock.Elapsed > limit)
            {
                return false;
            }

            await Task.Delay(interval, cancellation);
        }

        return true;
    }

    /// <inheritdoc cref="Until(Func{Task{bool}}, TimeSpan, TimeSpan, CancellationToken)"/>
    public static Task<bool> Until(Func<bool> holds, TimeSpan limit, TimeSpan interval, CancellationToken cancellation = default) =>
        Until(() => Task.FromResult(holds()), limit, interval, cancellation);
}
