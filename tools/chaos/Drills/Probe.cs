using System.Diagnostics;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Chaos.Drills;

/// <summary>Finds out how long it takes until a new order is confirmed.</summary>
public sealed class Probe(Checkout checkout)
{
    static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);
    const int WarmingOrders = 100;
    const int WarmingCustomers = 4;

    /// <summary>
    /// Places enough orders for the programs to be compiled. In production, a fault rarely meets a process that was started a moment ago.
    /// </summary>
    public Task Warm(CancellationToken cancellation) => Parallel.ForAsync(
        0,
        WarmingOrders,
        new ParallelOptions { MaxDegreeOfParallelism = WarmingCustomers, CancellationToken = cancellation },
        async (_, cancel) => await UntilConfirmed(cancel));

    /// <summary>Places an order every half second until one is confirmed.</summary>
    /// <returns>The time from the call to that confirmation; null if there is none in 90 seconds.</returns>
    public async Task<TimeSpan?> UntilConfirmed(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var api = new ShopApi(checkout, "probe");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        var tries = new List<Task<TimeSpan?>>();
        try
        {
            while (true)
            {
                tries.Add(Try(api, clock, limit.Token));
                var pause = Task.Delay(_interval, limit.Token);
                while (await Task.WhenAny([.. tries, pause]) is Task<TimeSpan?> ended)
                {
                    tries.Remove(ended);
                    if (await ended is { } confirmed)
                    {
                        return confirmed;
                    }
                }

                await pause;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            await limit.CancelAsync();
            await ((Task)Task.WhenAll(tries)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // An order that could not be placed, or that the fault cancelled, is no confirmation. The next one may be.
    static async Task<TimeSpan?> Try(ShopApi api, Stopwatch clock, CancellationToken cancellation)
    {
        try
        {
            var order = await api.Place([new("MUG-01", 1)], "tok_visa", Guid.NewGuid().ToString(), cancellation);
            await foreach (var change in api.Watch(order.OrderId, cancellation))
            {
                if (change.Status == "Confirmed")
                {
                    return clock.Elapsed;
                }
            }
        }
        catch (Exception error) when (error is ApiError or UserError or HttpRequestException or IOException)
        {
            return null;
        }

        return null;
    }
}
