using Npgsql;
using Shop.Chaos.Load;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Bench.Peers;

/// <summary>
/// The least that an order's flow needs, on the tables that the services' migrations make: set-based statements and raw messages, in this
/// process. It takes no HTTP request, checks nothing, calls no payment provider, and would lose orders in a crash.
/// </summary>
sealed record LimitPeer() : Peer(LimitName, "the least SQL and the least messages of the flow, without HTTP and without guarantees")
{
    const string LimitName = "limit";

    public override async Task<RunningPeer> Start(Checkout checkout, Steps steps, CancellationToken cancellation)
    {
        var secrets = checkout.State.Secrets;
        var postgres = new PostgresServer(checkout.State, checkout.Ports.Postgres);
        var user = new BrokerUser(
            LimitName, secrets.Password("rabbitmq-" + LimitName), BrokerUser.Everything, BrokerUser.Everything, BrokerUser.Everything);
        var broker = Broker.Of(checkout, user);
        await Task.WhenAll(postgres.Start(cancellation), broker.Start(cancellation));
        var databases = new Databases(postgres, secrets);
        await databases.Prepare(cancellation);
        await new Migrations(checkout, new(checkout)).Run(Replicas.Services, cancellation);
        await FillCatalogue(databases, cancellation);
        return new Running(checkout, await Limit.Start(checkout, user, cancellation));
    }

    static async Task FillCatalogue(Databases databases, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(databases.ConnectionString("inventory", "inventory") + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand(
            $"""
            insert into inventory.products (sku, name, price, version, received, available, held, sold)
            select sku, sku, price, 1, {Catalogue.Ample}, {Catalogue.Ample}, 0, 0
            from unnest($1::text[], $2::numeric[]) as product (sku, price)
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = Catalogue.Products.Select(product => product.Sku).ToArray() },
                new() { Value = Catalogue.Products.Select(product => product.Price).ToArray() },
            },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    sealed class Running(Checkout checkout, Limit limit) : RunningPeer
    {
        public override LoadSubject Subject { get; } = LoadSubject.Shop with
        {
            CountsDuplicates = false,
            Taker = limit,
            ThisProcess = LimitName,
        };

        public override Task<long> Messages(CancellationToken cancellation) => Broker.MessagesReceived(checkout, cancellation);

        public override async Task<IReadOnlyList<string>> Check(CancellationToken cancellation)
        {
            // The last sale may be under way: it follows on the order's end.
            await limit.Quiet(cancellation);
            var books = await Books.Read(
                checkout,
                ("ordering", "ordering.orders"),
                ("inventory", "inventory.products"),
                ("payment", "payment.payments"),
                cancellation);
            return books.Contradictions(charged: null);
        }

        public override async ValueTask DisposeAsync()
        {
            await limit.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
