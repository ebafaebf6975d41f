using System.Globalization;
using System.Net.Http.Json;
using Shop.Launcher;

namespace Shop.Bench.Peers;

/// <summary>The payment provider's ledger.</summary>
static class Ledger
{
    const int PageSize = 10_000;

    /// <summary>What it has taken and not given back, in EUR.</summary>
    public static async Task<decimal> Charged(Checkout checkout, CancellationToken cancellation)
    {
        using var http = new HttpClient { BaseAddress = checkout.Addresses.PaymentProvider };
        var (sum, read) = (0m, 0);
        while (true)
        {
            var page = await http.GetFromJsonAsync<Charge[]>($"v1/charges?after={read}&limit={PageSize}", cancellation) ?? [];
            sum += page.Where(charge => charge.Status == "succeeded")
                .Sum(charge => decimal.Parse(charge.Amount, CultureInfo.InvariantCulture));
            read += page.Length;
            if (page.Length < PageSize)
            {
                return sum;
            }
        }
    }

    sealed record Charge(string Amount, string Status);
}
