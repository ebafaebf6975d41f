using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Shop.Chaos.Drills.Faults;

/// <summary>The payment provider misbehaves, in ways it knows itself.</summary>
/// <param name="Faults">As PUT /v1/faults takes them.</param>
/// <param name="MayEnd">Reasons for which orders may be cancelled because of it.</param>
/// <param name="Seed">Makes its chances repeatable.</param>
sealed record ProviderFault(string Title, object Faults, IReadOnlyList<string> MayEnd, int Seed) : ProcessFault(Title)
{
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    static readonly TimeSpan _hitLimit = TimeSpan.FromSeconds(20);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    public override IReadOnlyList<string> MayCause => MayEnd;

    public override async Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var url = $"http://127.0.0.1:{system.Checkout.Ports.PaymentProvider}/v1/faults";
        var faults = JsonSerializer.SerializeToNode(Faults, JsonSerializerOptions.Web)!;
        faults["seed"] = Seed;
        await Put(url, faults, cancellation);
        return async cancel =>
        {
            var hits = await Hits(url, cancel);
            await Put(url, new { }, cancel);
            return hits == 0 ? throw new FaultMissed("the payment provider was not asked for anything meanwhile") : $"{hits} calls met it";
        };
    }

    // Orders that are far apart may all miss a fault that is short and hits only some. So the fault lasts until it has hit one.
    static async Task<int> Hits(string url, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var hits = (await _http.GetFromJsonAsync<State>(url, cancellation))!.Hits;
            if (hits > 0 || clock.Elapsed > _hitLimit)
            {
                return hits;
            }

            await Task.Delay(_pollInterval, cancellation);
        }
    }

    static async Task Put(string url, object faults, CancellationToken cancellation)
    {
        using var answer = await _http.PutAsJsonAsync(url, faults, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    sealed record State(int Hits);
}
