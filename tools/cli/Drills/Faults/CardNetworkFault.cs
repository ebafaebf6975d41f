using System.Net.Http.Json;

namespace Shop.Cli.Drills.Faults;

/// <summary>The card network misbehaves, in ways it knows itself.</summary>
/// <param name="Seed">Makes its chances repeatable.</param>
sealed record CardNetworkFault(
    string Title, int Seed, int LatencyMilliseconds = 0, double ErrorRate = 0, double SilentRate = 0, bool Outage = false) : Fault(Title)
{
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public override async Task<EndFault> Begin(DrillSystem system, CancellationToken cancellation)
    {
        var url = $"http://127.0.0.1:{system.Checkout.Ports.CardNetwork}/v1/faults";
        await Put(url, new { LatencyMilliseconds, ErrorRate, SilentRate, Outage, Seed }, cancellation);
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
