using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Chaos.Load;

/// <summary>Places orders of many customers by HTTP, at the gateway's address.</summary>
sealed class HttpOrders : IOrderTaker, IDisposable
{
    // Enough customers that none meets the gateway's limit for one.
    const int Customers = 500;
    static readonly string[] _skus = ["MUG-01", "TEE-01", "CAP-01", "PEN-01"];

    readonly LoadOptions _options;
    readonly HttpClient _http;
    readonly AuthenticationHeaderValue[] _customers;
    readonly byte[][] _bodies;

    public HttpOrders(Checkout checkout, LoadOptions options)
    {
        _options = options;
        _http = new(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = options.Rate is null ? options.Concurrency : int.MaxValue,
            UseCookies = false,
        })
        {
            BaseAddress = checkout.Addresses.Gateway,
            Timeout = TimeSpan.FromSeconds(30),
        };
        var tokens = new Tokens(checkout.State.Secrets, TimeProvider.System);
        _customers = [.. Enumerable.Range(1, Customers).Select(number => new AuthenticationHeaderValue(
            "Bearer", tokens.Issue($"load-{number:000}", Tokens.Customer, TimeSpan.FromHours(12))))];
        _bodies = [.. _skus.Select(sku => JsonSerializer.SerializeToUtf8Bytes(
            new { Items = new[] { new { sku, Quantity = 1 } }, PaymentMethod = options.Payment }, JsonSerializerOptions.Web))];
    }

    public async Task<Placed> Place(int number, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders");
        if (!_options.IsTraced)
        {
            // The client's own trace, whose last part says that it is not recorded.
            request.Headers.Add("traceparent", $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-00");
        }

        request.Headers.Authorization = _customers[number % Customers];
        request.Content = new ByteArrayContent(_bodies[number % _bodies.Length]);
        request.Content.Headers.ContentType = new("application/json");
        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            if ((int)response.StatusCode != 202)
            {
                return new(null, $"{(int)response.StatusCode}");
            }

            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            using var placed = await JsonDocument.ParseAsync(body, cancellationToken: cancellation);
            return new(placed.RootElement.GetProperty("orderId").GetGuid());
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            return new(null, error.GetType().Name);
        }
    }

    public void Dispose() => _http.Dispose();
}
