using Npgsql;
using Shop.Chaos.Load;
using Shop.Launcher;
using Shop.Launcher.Client;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Bench.Peers;

/// <summary>One process with one database, at the gateway's address (tools/monolith). It needs no broker, so none runs.</summary>
sealed record MonolithPeer() : Peer("monolith", "one process, one database, two transactions per order: plain EF Core, no broker")
{
    const string Database = "monolith";
    static readonly LoadSubject _subject = new(Database, "orders", [Database]);
    static readonly TimeSpan _readyLimit = TimeSpan.FromMinutes(2);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    public override async Task<RunningPeer> Start(Checkout checkout, Steps steps, CancellationToken cancellation)
    {
        var postgres = new PostgresServer(checkout.State, checkout.Ports.Postgres);
        await postgres.Start(cancellation);
        await new Databases(postgres, checkout.State.Secrets).Prepare(cancellation);
        await MakeDatabase(checkout, cancellation);
        var programs = new ShopPrograms(checkout);
        var provider = programs.Find(ShopPrograms.PaymentProvider, Replicas.One)[0].Start(checkout.State);
        var monolith = programs.InPlaceOfAll(Name, Path.Combine("tools", "monolith"), "Shop.Monolith").Start(checkout.State);
        await Ready(checkout, provider, cancellation);
        await Ready(checkout, monolith, cancellation);
        using var staff = new ShopApi(checkout, "bench", Tokens.Staff);
        foreach (var (sku, price) in Catalogue.Products)
        {
            await staff.Send(HttpMethod.Put, $"/products/{sku}", new { name = sku, price }, cancellation);
            await staff.Send(HttpMethod.Post, $"/products/{sku}/restock", new { quantity = Catalogue.Ample }, cancellation);
        }

        return new Running(checkout);
    }

    static async Task MakeDatabase(Checkout checkout, CancellationToken cancellation)
    {
        await using var connection = await Databases.Of(checkout).OpenAsSuperuser("postgres", cancellation);
        var password = checkout.State.Secrets.Password("postgres-" + Database);
        string[] statements =
        [
            $"create role {Database} login password '{password}'", $"create database {Database} owner {Database}",
            $"grant pg_read_all_data to {Databases.Audit}",
        ];
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    static async Task Ready(Checkout checkout, ProcessRecord process, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{process.Port}"), Timeout = TimeSpan.FromSeconds(5) };
        var isReady = await Poll.Until(
            async () =>
            {
                try
                {
                    using var answer = await http.GetAsync("/health/ready", cancellation);
                    return answer.IsSuccessStatusCode;
                }
                catch (Exception error) when (error is HttpRequestException or TaskCanceledException && process.IsAlive)
                {
                    cancellation.ThrowIfCancellationRequested();
                    return false;
                }
            },
            _readyLimit,
            _pollInterval,
            cancellation);
        if (!isReady)
        {
            throw new UserError($"{process.Name} was not ready in time.\n{LogTail.Of(checkout.State, process.Name)}");
        }
    }

    sealed class Running(Checkout checkout) : RunningPeer
    {
        public override LoadSubject Subject => _subject;

        public override Task<long> Messages(CancellationToken cancellation) => Task.FromResult(0L);

        public override async Task<IReadOnlyList<string>> Check(CancellationToken cancellation)
        {
            var books = await Books.Read(checkout, (Database, "orders"), (Database, "products"), (Database, "payments"), cancellation);
            return books.Contradictions(await Ledger.Charged(checkout, cancellation));
        }
    }
}
