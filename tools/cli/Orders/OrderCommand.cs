using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace Shop.Cli.Orders;

/// <summary>./shop order: places an order and follows it to its end.</summary>
static class OrderCommand
{
    static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    public static Command Command(Checkout checkout)
    {
        var sku = new Option<string>("--sku") { Description = "What to order", DefaultValueFactory = _ => "MUG-01" };
        var quantity = new Option<decimal>("--quantity") { Description = "How many", DefaultValueFactory = _ => 1 };
        var payment = new Option<string>("--payment")
        {
            Description = "Payment token: tok_visa, tok_declined, tok_insufficient_funds, tok_flaky, tok_slow, tok_timeout, tok_outage",
            DefaultValueFactory = _ => "tok_visa",
        };
        var customer = new Option<string>("--customer") { Description = "Who orders", DefaultValueFactory = _ => "alice" };
        var watch = new Option<bool>("--watch") { Description = "Show each step as it happens" };
        var json = new Option<bool>("--json") { Description = "Print the final order as JSON" };
        var command = new Command("order", "Place an order and follow it to its end") { sku, quantity, payment, customer, watch, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = new ShopApi(checkout, parsed.GetRequiredValue(customer));
            var items = new OrderItem(parsed.GetRequiredValue(sku), parsed.GetRequiredValue(quantity));
            var output = parsed.GetValue(json) ? Console.Error : Console.Out;
            var orderId = await Follow(api, items, parsed.GetRequiredValue(payment), parsed.GetValue(watch), output, cancellation);
            if (parsed.GetValue(json))
            {
                var last = await api.Get<JsonElement>($"/orders/{orderId}", cancellation);
                Console.Out.WriteLine(last.GetRawText());
            }

            return 0;
        });
        return command;
    }

    static async Task<Guid> Follow(
        ShopApi api, OrderItem item, string payment, bool watch, TextWriter output, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var placed = await api.Place([item], payment, Guid.NewGuid().ToString(), cancellation);
        await output.WriteLineAsync($"order {placed.OrderId} accepted after {clock.ElapsedMilliseconds} ms, total {placed.Total.Value} {placed.Total.Currency}");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_patience);
        StatusChange? last = null;
        await foreach (var change in api.Watch(placed.OrderId, deadline.Token))
        {
            last = change;
            if (watch)
            {
                await output.WriteLineAsync($"  {clock.ElapsedMilliseconds,6} ms  {change.Status,-13}  {change.What}");
            }
        }

        await output.WriteLineAsync(
            $"{last!.Status}{(last.Reason is null ? "" : $" ({last.Reason})")} after {clock.ElapsedMilliseconds} ms");
        if (watch)
        {
            await output.WriteLineAsync($"What took how long: ./shop trace {placed.OrderId}");
        }

        return placed.OrderId;
    }
}
