using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Chaos.Drills;

/// <summary>
/// Customers who carry out a plan of orders and do not give up: they repeat a request without an answer with the same idempotency key. They
/// remember every promise they got.
/// </summary>
public sealed class Customers : IDisposable
{
    static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(10);
    static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan _pauseMax = TimeSpan.FromSeconds(4);
    static readonly TimeSpan _tokenLifetime = TimeSpan.FromHours(24);

    readonly HttpClient _http;
    readonly Tokens _tokens;
    readonly ConcurrentDictionary<string, AuthenticationHeaderValue> _customers = new();
    readonly Lock _lock = new();

    public Customers(Checkout checkout)
    {
        _tokens = new(checkout.State.Secrets, new Earlier());
        _http = new(new SocketsHttpHandler { UseCookies = false, ConnectTimeout = _answerLimit })
        {
            BaseAddress = checkout.Addresses.Gateway,
            Timeout = _answerLimit,
        };
    }

    /// <summary>Orders that got a 202.</summary>
    public ConcurrentDictionary<Guid, PlannedOrder> Accepted { get; } = new();

    /// <summary>When that was, from the start of the load.</summary>
    public ConcurrentDictionary<Guid, TimeSpan> AnsweredAt { get; } = new();

    /// <summary>Orders whose cancellation got a 202: they must end cancelled.</summary>
    public ConcurrentBag<Guid> Cancelled { get; } = [];

    /// <summary>Keys that stood for two orders.</summary>
    public ConcurrentBag<string> DoubledKeys { get; } = [];

    /// <summary>Answers that are neither a promise nor a reason to repeat the request.</summary>
    public ConcurrentBag<string> Refusals { get; } = [];

    /// <summary>Orders that were never answered.</summary>
    public ConcurrentBag<string> Unanswered { get; } = [];

    /// <summary>Requests that had to be sent again, with how often by reason.</summary>
    public ConcurrentDictionary<string, int> FailedRequests { get; } = new();

    /// <summary>The longest time from when an order was due to its 202.</summary>
    public TimeSpan LongestWait { get; private set; }

    /// <param name="timeLimit">Ends when no order has been answered for so long after the last was due.</param>
    public async Task Run(IReadOnlyList<PlannedOrder> plan, TimeSpan timeLimit, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(plan[^1].At + timeLimit);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(plan.Select(order => Order(order, start, limit.Token)));
        cancellation.ThrowIfCancellationRequested();
    }

    public void Dispose() => _http.Dispose();

    async Task Order(PlannedOrder order, long start, CancellationToken cancellation)
    {
        try
        {
            var wait = order.At - Stopwatch.GetElapsedTime(start);
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, cancellation);
            if (await Place(order, cancellation) is not { } id)
            {
                return;
            }

            Remember(order, id, Stopwatch.GetElapsedTime(start));
            if (order.AskTwice && await Place(order, cancellation) is { } again && again != id)
            {
                DoubledKeys.Add(order.Key);
            }

            if (order.CancelAfter is { } after)
            {
                await Task.Delay(after, cancellation);
                await Cancel(order, id, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            Unanswered.Add(order.Key);
        }
    }

    void Remember(PlannedOrder order, Guid id, TimeSpan answeredAt)
    {
        var waited = answeredAt - order.At;
        AnsweredAt[id] = answeredAt;
        if (!Accepted.TryAdd(id, order))
        {
            DoubledKeys.Add(order.Key);
        }

        lock (_lock)
        {
            LongestWait = waited > LongestWait ? waited : LongestWait;
        }
    }

    async Task<Guid?> Place(PlannedOrder order, CancellationToken cancellation)
    {
        var body = $$"""{"items":[{"sku":"{{order.Sku}}","quantity":{{order.Quantity}}}],"paymentMethod":"{{order.Payment}}"}""";
        var (status, text) = await Persist(order, "/orders", body, cancellation);
        if (status == HttpStatusCode.Accepted)
        {
            using var answer = JsonDocument.Parse(text);
            return answer.RootElement.GetProperty("orderId").GetGuid();
        }

        Refusals.Add($"order {order.Key}: {(int)status} {text}");
        return null;
    }

    async Task Cancel(PlannedOrder order, Guid id, CancellationToken cancellation)
    {
        var (status, text) = await Persist(order, $"/orders/{id}/cancel", null, cancellation);
        switch (status)
        {
            case HttpStatusCode.Accepted:
                Cancelled.Add(id);
                break;
            case HttpStatusCode.Conflict:
                // The order has ended already.
                break;
            default:
                Refusals.Add($"cancel {id}: {(int)status} {text}");
                break;
        }
    }

    async Task<(HttpStatusCode Status, string Text)> Persist(PlannedOrder order, string path, string? body, CancellationToken cancellation)
    {
        for (var pause = _firstPause; ; pause = pause * 2 < _pauseMax ? pause * 2 : _pauseMax)
        {
            cancellation.ThrowIfCancellationRequested();
            string reason;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path);
                request.Headers.Authorization = _customers.GetOrAdd(order.Customer, Authorize);
                if (body is not null)
                {
                    request.Headers.Add("Idempotency-Key", order.Key);
                    request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                }

                using var response = await _http.SendAsync(request, cancellation);
                // A conflict of a new order means that the same request is still being worked on.
                if ((int)response.StatusCode < 500 && (response.StatusCode != HttpStatusCode.Conflict || body is null))
                {
                    return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
                }

                reason = $"{(int)response.StatusCode}";
                pause = response.Headers.RetryAfter?.Delta is { } asked && asked > pause ? asked : pause;
            }
            catch (Exception error) when (error is HttpRequestException or IOException
                || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                // The request may have arrived or not.
                reason = error is HttpRequestException broken ? broken.HttpRequestError.ToString() : "no answer in time";
            }

            FailedRequests.AddOrUpdate(reason, 1, (_, count) => count + 1);
            // The pause grows each time, and it is random: thousands of requests at once would overload a service that is just starting.
            await Task.Delay(pause * (1 + Random.Shared.NextDouble()), cancellation);
        }
    }

    AuthenticationHeaderValue Authorize(string name) =>
        new("Bearer", _tokens.Issue(name, Tokens.Customer, _tokenLifetime));

    // The tokens are a while old, because a service whose clock is behind refuses tokens that were made just now.
    sealed class Earlier : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - TimeSpan.FromHours(2);
    }
}
