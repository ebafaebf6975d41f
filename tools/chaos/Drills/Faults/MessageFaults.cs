using Shop.Launcher.Client;
using Shop.Launcher.Running;

namespace Shop.Chaos.Drills.Faults;

/// <summary>Every message arrives twice, the second time up to 4 seconds later.</summary>
sealed record Duplicate(int Seed) : ProcessFault("every message twice")
{
    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation) =>
        DelayedRoutes.Begin(system, keepTheDirectWay: true, Seed, sent => $"{sent} messages arrived once more", cancellation);
}

/// <summary>Every message arrives up to 4 seconds late, so in another order than it was sent.</summary>
sealed record Late(int Seed) : ProcessFault("every message late and in any order")
{
    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation) =>
        DelayedRoutes.Begin(system, keepTheDirectWay: false, Seed, sent => $"{sent} messages arrived late", cancellation);
}

static class DelayedRoutes
{
    public static async Task<EndFault> Begin(
        ProcessSystem system, bool keepTheDirectWay, int seed, Func<int, string> effect, CancellationToken cancellation)
    {
        var routes = new List<DelayedRoute>();
        foreach (var service in Replicas.Services)
        {
            foreach (var endpoint in await BrokerLogin.Queues(system.Checkout, service, cancellation))
            {
                routes.Add(await DelayedRoute.Open(
                    system.Checkout, service, endpoint, keepTheDirectWay, seed + routes.Count, cancellation));
            }
        }

        return async cancel =>
        {
            var sent = 0;
            foreach (var route in routes)
            {
                await using (route)
                {
                    sent += await route.Close(cancel);
                }
            }

            system.Copies += keepTheDirectWay ? sent : 0;
            return sent == 0 ? throw new FaultMissed("no message came by") : effect(sent);
        };
    }
}

/// <summary>Messages that no service can handle come between the others. Afterwards staff discards them.</summary>
sealed record Poison(int Seed) : ProcessFault("poison messages")
{
    const int Messages = 20;
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(200);

    // The service that sends them, and the exchange of a message that the service may send.
    static readonly (string Sender, string Exchange)[] _ways =
    [
        ("inventory", "Shop.Contracts.Inventory:StockReserved"), ("payment", "Shop.Contracts.Payment:PaymentTaken"),
        ("ordering", "Shop.Contracts.Inventory:ReserveStock"), ("ordering", "Shop.Contracts.Payment:TakePayment"),
    ];

    static readonly string[] _bodies = ["{ this is not json", "{}", """{"orderId":"not-a-guid"}""", """{"orderId":null}""", "[]"];

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var random = new Random(Seed);
        for (var number = 0; number < Messages; number++)
        {
            var (sender, exchange) = random.GetItems(_ways, 1)[0];
            await BrokerLogin.Send(system.Checkout, sender, exchange, random.GetItems(_bodies, 1)[0], Guid.NewGuid(), cancellation);
        }

        return async cancel =>
        {
            using var staff = new ShopApi(system.Checkout, "drill", Tokens.Staff);
            var letters = await AllOf(staff, cancel);
            foreach (var letter in letters)
            {
                await staff.Send(HttpMethod.Delete, $"/ops/dead-letters/{letter.Id}", null, cancel);
            }

            return $"{letters.Count} dead letters, each with its reason, discarded";
        };
    }

    static async Task<IReadOnlyList<Letter>> AllOf(ShopApi staff, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        IReadOnlyList<Letter> letters = [];
        try
        {
            while (letters.Count < Messages || letters.Any(letter => letter.Reason.Length == 0))
            {
                await Task.Delay(_pollInterval, limit.Token);
                letters = (await staff.Get<LetterList>("/ops/dead-letters?limit=1000", limit.Token)).DeadLetters;
            }

            return letters;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FaultMissed($"{Messages} poison messages were sent, and {letters.Count} became dead letters");
        }
    }

    sealed record LetterList(IReadOnlyList<Letter> DeadLetters);

    sealed record Letter(string Id, string Reason);
}
