using RabbitMQ.Client;
using Shop.Chaos.Load;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Bench.Peers;

/// <summary>The flow of an order through the limit's three services, with the shop's messages.</summary>
sealed class Limit : IOrderTaker, IAsyncDisposable
{
    /// <summary>Where events go that no service needs.</summary>
    public const string Announcements = "limit-announcements";

    const string Ordering = "limit-ordering";
    const string Inventory = "limit-inventory";
    const string Payment = "limit-payment";
    const string Request = "PlaceOrder";
    static readonly TimeSpan _quietLimit = TimeSpan.FromMinutes(1);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    readonly List<IAsyncDisposable> _parts = [];
    readonly List<LimitService> _services = [];

    LimitService OrderingService => _services[0];

    public static async Task<Limit> Start(Checkout checkout, BrokerUser user, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory
        {
            HostName = "127.0.0.1",
            Port = checkout.Ports.RabbitMq.Amqp,
            VirtualHost = BrokerAccess.VirtualHost,
            UserName = user.Name,
            Password = user.Password,
            AutomaticRecoveryEnabled = false,
        };
        var limit = new Limit();
        (string Queue, Func<LimitService, IReadOnlyList<LimitWork>, Task> Handle)[] services =
            [(Ordering, InOrdering), (Inventory, InInventory), (Payment, InPayment)];
        foreach (var (service, (queue, handle)) in Replicas.Services.Zip(services))
        {
            var connection = await factory.CreateConnectionAsync(cancellation);
            limit._parts.Add(connection);
            var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
            await channel.ExchangeDeclareAsync(Announcements, ExchangeType.Fanout, durable: true, cancellationToken: cancellation);
            await channel.DisposeAsync();
            var database = Databases.Of(checkout).ConnectionString(service, service);
            limit._services.Add(await LimitService.Start(database, connection, queue, handle, cancellation));
        }

        return limit;
    }

    public async Task<Placed> Place(int number, CancellationToken cancellation)
    {
        var (sku, price) = Catalogue.Products[number % Catalogue.Products.Count];
        var order = new LimitMessage(Guid.CreateVersion7(), sku, price);
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        OrderingService.Add(new(Request, order, 0, stored));
        await stored.Task.WaitAsync(cancellation);
        return new(order.OrderId);
    }

    /// <summary>Returns when nothing is left to do.</summary>
    public async Task Quiet(CancellationToken cancellation)
    {
        // Twice in a row, because a message that the broker has is in no service.
        var quietInARow = 0;
        var isQuiet = await Poll.Until(
            () => (quietInARow = _services.TrueForAll(service => service.Unfinished == 0) ? quietInARow + 1 : 0) == 3,
            _quietLimit,
            _pollInterval,
            cancellation);
        if (!isQuiet)
        {
            var error = _services.Select(service => service.Working.Exception?.InnerException).FirstOrDefault(error => error is not null);
            throw new UserError($"The limit has not come to its end: {error?.Message ?? "it is still at work"}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _services.Concat(_parts))
        {
            await part.DisposeAsync();
        }
    }

    static async Task InOrdering(LimitService service, IReadOnlyList<LimitWork> batch)
    {
        var (placed, reserved, paid) = (Of(batch, Request), Of(batch, "StockReserved"), Of(batch, "PaymentTaken"));
        await service.Execute(
            LimitStatement.InsertOrders(placed), LimitStatement.OrdersReserved(reserved), LimitStatement.OrdersConfirmed(paid));
        foreach (var work in batch)
        {
            work.Stored?.TrySetResult();
        }

        await Task.WhenAll(
        [
            .. service.Send(Inventory, "ReserveStock", placed),
            .. service.Send("", "OrderPlaced", placed),
            .. service.Send(Payment, "TakePayment", reserved),
            .. service.Send(Inventory, "OrderConfirmed", paid),
        ]);
    }

    static async Task InInventory(LimitService service, IReadOnlyList<LimitWork> batch)
    {
        var (wanted, confirmed) = (Of(batch, "ReserveStock"), Of(batch, "OrderConfirmed"));
        await service.Execute(
            LimitStatement.HoldStock(wanted),
            LimitStatement.InsertReservations(wanted),
            LimitStatement.SellStock(confirmed),
            LimitStatement.SellReservations(confirmed));
        await Task.WhenAll(service.Send(Ordering, "StockReserved", wanted));
    }

    // The intent is stored before the money moves, so these are two transactions.
    static async Task InPayment(LimitService service, IReadOnlyList<LimitWork> batch)
    {
        var wanted = Of(batch, "TakePayment");
        await service.Execute(LimitStatement.InsertPayments(wanted));
        await service.Execute(LimitStatement.PaymentsTaken(wanted));
        await Task.WhenAll(service.Send(Ordering, "PaymentTaken", wanted));
    }

    static IReadOnlyList<LimitMessage> Of(IReadOnlyList<LimitWork> batch, string kind) =>
        [.. batch.Where(work => work.Kind == kind).Select(work => work.Message)];
}
