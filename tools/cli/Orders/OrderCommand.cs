using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Cli.Orders;

/// <summary>./shop order: places an order and follows it to its end.</summary>
static class OrderCommand
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromMinutes(3);

    public static Command Command(Checkout checkout)
    {
        var sku = Values.Name("--sku", "What to order", "MUG-01");
        var quantity = Values.Number("--quantity", "How many", 1m, 1m, 1_000m);
        var payment = Values.Name(
            "--payment",
            "Payment token: tok_visa, tok_declined, tok_insufficient_funds, tok_flaky, tok_slow, tok_timeout, tok_outage",
            "tok_visa");
        var customer = Values.Name("--customer", "Who orders", "alice");
        var watch = new Option<bool>("--watch") { Description = "Show each step as it happens" };
        var json = new Option<bool>("--json") { Description = "Print the final order as JSON" };
        var command = new Command("order", "Place an order and follow it to its end") { sku, quantity, payment, customer, watch, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = new ShopApi(checkout, parsed.GetRequiredValue(customer));
            var items = new OrderItem(parsed.GetRequiredValue(sku), parsed.GetRequiredValue(quantity));
            Action<string> tell = parsed.GetValue(json) ? Print.Note : Print.Line;
            var orderId = await Follow(api, items, parsed.GetRequiredValue(payment), parsed.GetValue(watch), tell, cancellation);
            if (parsed.GetValue(json))
            {
                Print.Json(await api.Get<JsonElement>($"/orders/{orderId}", cancellation));
            }

            return 0;
        });
        return command;
    }

    static async Task<Guid> Follow(
        ShopApi api, OrderItem item, string payment, bool watch, Action<string> tell, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var placed = await api.Place([item], payment, Guid.NewGuid().ToString(), cancellation);
        tell($"order {placed.OrderId}, total {placed.Total.Value} {placed.Total.Currency}");
        tell($"answered 202 after {clock.ElapsedMilliseconds} ms, seen from here; the shop's own times:");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_timeLimit);
        try
        {
            StatusChange? last = null;
            await foreach (var change in api.Watch(placed.OrderId, deadline.Token))
            {
                last = change;
                if (watch)
                {
                    tell(OrderText.Step(placed, change));
                }
            }

            tell(OrderText.End(placed, last!));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UserError(
                $"The order has not ended within {_timeLimit.TotalMinutes:0} minutes. It goes on without this command: ./shop logs --order {placed.OrderId}");
        }

        if (watch)
        {
            tell($"Where the time went: ./shop trace {placed.OrderId}");
        }

        return placed.OrderId;
    }
}
