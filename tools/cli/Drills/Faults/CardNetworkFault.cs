using System.Net.Http.Json;
using System.Text.Json;

namespace Shop.Cli.Drills.Faults;

/// <summary>The card network misbehaves, in ways it knows itself.</summary>
/// <param name="Faults">As PUT /v1/faults takes them.</param>
/// <param name="Seed">Makes its chances repeatable.</param>
sealed record CardNetworkFault(string Title, object Faults, int Seed) : Fault(Title)
{
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public override async Task<EndFault> Begin(DrillSystem system, CancellationToken cancellation)
    {
        var url = $"http://127.0.0.1:{system.Checkout.Ports.CardNetwork}/v1/faults";
        var faults = JsonSerializer.SerializeToNode(Faults, JsonSerializerOptions.Web)!;
        faults["seed"] = Seed;
        await Put(url, faults, cancellation);
        return async cancel =>
        {
            var hits = (await _http.GetFromJsonAsync<State>(url, cancel))!.Hits;
            await Put(url, new { }, cancel);
            return hits == 0 ? throw new FaultMissed("the card network was not asked for anything meanwhile") : $"{hits} calls met it";
        };
    }

    static async Task Put(string url, object faults, CancellationToken cancellation)
    {
        using var answer = await _http.PutAsJsonAsync(url, faults, cancellation);
        answer.EnsureSuccessStatusCode();
    }

    sealed record State(int Hits);
}
