using System.CommandLine;
using System.Text.Json;
using Shop.Chaos.Drills.Faults;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Cli.Orders;

/// <summary>
/// ./shop dead-letters practise: two messages nobody can handle, made on purpose. One cannot be read and fails at each replay; the other
/// comes before its order is confirmed, and can be handled afterwards.
/// </summary>
static class DeadLetterPractice
{
    const string Inventory = "inventory";
    const string Sku = "MUG-01";
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(200);

    public static Command Command(Checkout checkout)
    {
        var command = new Command(
            "practise", "Makes two dead letters to practise with: one for good, one that can be replayed after a moment");
        command.SetAction(async (_, cancellation) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_timeLimit);
            try
            {
                await Make(checkout, limit.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new UserError(
                    $"No two dead letters came of it within {_timeLimit.TotalSeconds:0} s. Is everything ready? ./shop status");
            }

            return 0;
        });
        return command;
    }

    static async Task Make(Checkout checkout, CancellationToken cancellation)
    {
        using var customer = new ShopApi(checkout, "practice");
        using var staff = new ShopApi(checkout, "practice", Tokens.Staff);
        // Its payment is slow, so it stays unconfirmed for some seconds.
        var order = await customer.Place([new(Sku, 1)], "tok_timeout", null, cancellation);
        await UntilReserved(customer, order.OrderId, cancellation);
        var early = await Send(
            checkout,
            "SaleRejected",
            JsonSerializer.Serialize(new { order.OrderId, missingSkus = new[] { Sku } }, JsonSerializerOptions.Web),
            cancellation);
        var unreadable = await Send(checkout, "StockReserved", "{ this is not JSON", cancellation);
        Print.Line($"{await IdOf(staff, unreadable, cancellation)} cannot be read: it fails again at each replay, until it is discarded");
        Print.Line(
            $"{await IdOf(staff, early, cancellation)} came before its order {order.OrderId} was confirmed: once it is, in some seconds, a replay works");
        Print.Note("Next: ./shop dead-letters");
    }

    static async Task<Guid> Send(Checkout checkout, string type, string body, CancellationToken cancellation)
    {
        var messageId = Guid.NewGuid();
        await BrokerLogin.Send(checkout, Inventory, $"Shop.Contracts.Inventory:{type}", body, messageId, cancellation);
        return messageId;
    }

    static async Task UntilReserved(ShopApi customer, Guid orderId, CancellationToken cancellation)
    {
        await foreach (var change in customer.Watch(orderId, cancellation))
        {
            if (change.Status == "StockReserved")
            {
                return;
            }
        }
    }

    static async Task<string> IdOf(ShopApi staff, Guid messageId, CancellationToken cancellation)
    {
        while (true)
        {
            var list = await staff.Get<LetterList>("/ops/dead-letters?limit=1000", cancellation);
            if (list.DeadLetters.FirstOrDefault(letter => letter.MessageId == messageId) is { } found)
            {
                return found.Id;
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }

    sealed record LetterList(IReadOnlyList<Letter> DeadLetters);

    sealed record Letter(string Id, Guid? MessageId);
}
