using Shop.Cli.Orders;
using Shop.Cli.Output;
using Shop.Cli.Traces;
using Shop.Launcher;
using Shop.Launcher.Client;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Cli.Demo;

/// <summary>The scenes of the demo. Each scene says beforehand what will happen, and fails if it does not.</summary>
sealed class Tour(Checkout checkout)
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromMinutes(2);
    const string Victim = "payment";

    public async Task Run(CancellationToken cancellation)
    {
        using var alice = new ShopApi(checkout, "alice");
        await Scene("1. A paid order", "MUG-01", "tok_visa", "Confirmed", null);
        await Scene(
            "2. The payment provider declines: the stock goes back, then the order is cancelled",
            "TEE-01",
            "tok_declined",
            "Cancelled",
            "payment_declined");
        await Scene("3. Nothing left to sell", "SOLD-OUT", "tok_visa", "Cancelled", "out_of_stock");
        await CancelScene(alice, cancellation);
        var delayed = await KillScene(alice, cancellation);
        if (ShopPrograms.UsersCollector is null)
        {
            Title("6. Where the time of that order went: the chain of its trace that led to its end");
            await TraceCommand.ShowChain(checkout, delayed, cancellation);
        }

        async Task Scene(string title, string sku, string payment, string status, string? reason)
        {
            Title(title);
            var order = await alice.Place([new(sku, 2)], payment, Guid.NewGuid().ToString(), cancellation);
            await Follow(alice, order, status, reason, cancellation);
        }
    }

    static async Task CancelScene(ShopApi alice, CancellationToken cancellation)
    {
        Title("4. The customer cancels while a slow payment is under way: the money comes back");
        var order = await alice.Place([new("CAP-01", 1)], "tok_slow", Guid.NewGuid().ToString(), cancellation);
        await foreach (var change in alice.Watch(order.OrderId, cancellation))
        {
            if (change.Status == "StockReserved")
            {
                break;
            }
        }

        await alice.Cancel(order.OrderId, cancellation);
        await Follow(alice, order, "Cancelled", "customer_request", cancellation);
    }

    async Task<Guid> KillScene(ShopApi alice, CancellationToken cancellation)
    {
        // All replicas are killed, because another replica would take the order at once.
        var payments = Enumerable.Range(1, Replicas.Max).Select(number => checkout.State.Processes.Find(Replicas.NameOf(Victim, number)))
            .OfType<ProcessRecord>().Where(record => record.IsAlive).ToArray();
        var victims = string.Join(" and ", payments.Select(payment => payment.Name));
        Title($"5. kill -9 of {victims}, then an order: it waits, and goes on when the service is back");
        foreach (var payment in payments)
        {
            BackgroundProcess.Kill(payment);
            Print.Line($"            killed {payment.Name} (pid {payment.Pid})");
        }

        var order = await alice.Place([new("PEN-01", 3)], "tok_visa", Guid.NewGuid().ToString(), cancellation);
        var following = Follow(alice, order, "Confirmed", null, cancellation);
        var steps = new Steps(Terminal.Out);
        using (await checkout.State.Lock(() => { }, cancellation))
        {
            await new SystemStart(checkout, steps).Run(SystemPlan.Of(checkout.State), cancellation);
        }

        await following;
        return order.OrderId;
    }

    static async Task Follow(ShopApi api, PlacedOrder order, string status, string? reason, CancellationToken cancellation)
    {
        Print.Line($"            order {order.OrderId}, total {order.Total.Value} {order.Total.Currency}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_timeLimit);
        StatusChange? last = null;
        await foreach (var change in api.Watch(order.OrderId, deadline.Token))
        {
            last = change;
            Print.Line(OrderText.Step(order, change));
        }

        if (last?.Status != status || last.Reason != reason)
        {
            throw new UserError(
                $"The order should have ended as {status} {reason}, and is {last?.Status} {last?.Reason}. See ./shop logs.");
        }
    }

    static void Title(string text)
    {
        Print.Line();
        Print.Line(text);
    }
}
