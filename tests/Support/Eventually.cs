using System.Diagnostics;

namespace Shop.Support;

/// <summary>Waits until something becomes true, at most until a deadline; never a fixed time.</summary>
public static class Eventually
{
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

    public static Task Is(Func<bool> condition, CancellationToken cancellation) =>
        Is(() => Task.FromResult(condition()), cancellation);

    public static async Task Is(Func<Task<bool>> condition, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(_pollInterval);
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > _limit)
            {
                throw new TimeoutException($"It did not become true within {_limit.TotalSeconds:0} s.");
            }

            await timer.WaitForNextTickAsync(cancellation);
        }
    }
}
