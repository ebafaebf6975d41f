using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using HdrHistogram;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Chaos.Load;

/// <summary>
/// Places orders of many customers. With a rate, the time of a request counts from the moment it was due, not from the moment it was sent.
/// So a slow shop cannot hide behind a slow client (coordinated omission).
/// </summary>
sealed class LoadGenerator : IDisposable
{
    // There are enough customers that none reaches the gateway's limit for one customer.
    const int Customers = 500;
    const long HighestMicroseconds = 300_000_000;
    static readonly string[] _skus = ["MUG-01", "TEE-01", "CAP-01", "PEN-01"];

    readonly LoadOptions _options;
    readonly HttpClient _http;
    readonly AuthenticationHeaderValue[] _customers;
    readonly byte[][] _bodies;
    readonly LongHistogram _acceptance = new(HighestMicroseconds, 3);
    int _sent;

    public LoadGenerator(Checkout checkout, LoadOptions options)
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

    public ConcurrentBag<Guid> Accepted { get; } = [];

    /// <summary>Answers that were not 202, and errors, with how often each came.</summary>
    public ConcurrentDictionary<string, int> Refused { get; } = new();

    public int Sent => _sent;

    /// <summary>Microseconds from the request to its 202.</summary>
    public LongHistogram Acceptance => _acceptance;

    public Task Run(CancellationToken cancellation) => _options.Rate is { } rate ? OpenLoop(rate, cancellation) : ClosedLoop(cancellation);

    public void Dispose() => _http.Dispose();

    async Task ClosedLoop(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, _options.Concurrency).Select(async _ =>
        {
            while (clock.Elapsed.TotalSeconds < _options.Seconds)
            {
                await Place(Stopwatch.GetTimestamp(), cancellation);
            }
        }));
    }

    async Task OpenLoop(double rate, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var pending = new List<Task>();
        for (var number = 0; number < rate * _options.Seconds; number++)
        {
            var due = start + (long)(number / rate * Stopwatch.Frequency);
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, cancellation);
            }

            pending.Add(Place(due, cancellation));
        }

        await Task.WhenAll(pending);
    }

    async Task Place(long due, CancellationToken cancellation)
    {
        var number = Interlocked.Increment(ref _sent);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders");
        if (!_options.IsTraced)
        {
            // The client's own trace. The last part means that it is not recorded.
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
                Refused.AddOrUpdate($"{(int)response.StatusCode}", 1, (_, count) => count + 1);
                return;
            }

            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            using var placed = await JsonDocument.ParseAsync(body, cancellationToken: cancellation);
            Accepted.Add(placed.RootElement.GetProperty("orderId").GetGuid());
            var microseconds = (long)Stopwatch.GetElapsedTime(due).TotalMicroseconds;
            lock (_acceptance)
            {
                _acceptance.RecordValue(Math.Min(microseconds, HighestMicroseconds));
            }
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            Refused.AddOrUpdate(error.GetType().Name, 1, (_, count) => count + 1);
        }
    }
}
