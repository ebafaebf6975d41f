using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Shop.Launcher.Running;

namespace Shop.Launcher.Client;

/// <summary>The shop's HTTP API, as one customer or member of staff.</summary>
public sealed class ShopApi : IDisposable
{
    const int AttemptsMax = 4;
    static readonly TimeSpan _retryPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _tokenLifetime = TimeSpan.FromHours(12);

    readonly HttpClient _http;
    readonly Checkout _checkout;

    public ShopApi(Checkout checkout, string name, string role = Tokens.Customer)
    {
        _checkout = checkout;
        var token = new Tokens(checkout.State.Secrets, TimeProvider.System).Issue(name, role, _tokenLifetime);
        _http = new()
        {
            BaseAddress = checkout.Addresses.Gateway,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
    }

    public async Task<PlacedOrder> Place(
        IReadOnlyList<OrderItem> items, string payment, string? idempotencyKey, CancellationToken cancellation)
    {
        using var response = await Write(
            HttpMethod.Post, "/orders", new { Items = items, PaymentMethod = payment }, idempotencyKey, cancellation);
        return await Read<PlacedOrder>(response, cancellation);
    }

    public Task Cancel(Guid orderId, CancellationToken cancellation) =>
        Send(HttpMethod.Post, $"/orders/{orderId}/cancel", null, cancellation);

    /// <summary>Sends a request whose answer has no content of interest.</summary>
    /// <param name="body">Becomes JSON; null for none.</param>
    public async Task Send(HttpMethod method, string path, object? body, CancellationToken cancellation)
    {
        using var response = await Write(method, path, body, null, cancellation);
    }

    public async Task<T> Get<T>(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await Send(request, cancellation);
        return await Read<T>(response, cancellation);
    }

    /// <summary>The steps of an order until it is terminal. A broken connection is continued where it broke.</summary>
    public async IAsyncEnumerable<StatusChange> Watch(Guid orderId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = 0;
        while (!cancellation.IsCancellationRequested)
        {
            var ended = false;
            await foreach (var change in Steps(orderId, last, cancellation))
            {
                last = change.Version;
                ended = change.IsTerminal;
                yield return change;
            }

            if (ended)
            {
                yield break;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    async IAsyncEnumerable<StatusChange> Steps(
        Guid orderId, int after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/orders/{orderId}/events");
        request.Headers.Add("Last-Event-ID", after.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var response = await TryOpen(request, cancellation);
        if (response is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
            yield break;
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var events = SseParser.Create(stream).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
        await using (events)
        {
            while (await MoveNext(events))
            {
                yield return JsonSerializer.Deserialize<StatusChange>(events.Current.Data, JsonSerializerOptions.Web)!;
            }
        }
    }

    /// <returns>Null while the shop is away for a moment.</returns>
    async Task<HttpResponseMessage?> TryOpen(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            if (response.StatusCode < HttpStatusCode.InternalServerError)
            {
                throw await Explain(response, cancellation);
            }

            response.Dispose();
            return null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    // A connection that breaks ends the enumeration; Watch takes it up again.
    static async Task<bool> MoveNext(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return false;
        }
    }

    // Each write has a key, so that a write with an unknown outcome is simply sent again.
    async Task<HttpResponseMessage> Write(HttpMethod method, string path, object? body, string? key, CancellationToken cancellation)
    {
        key ??= Guid.NewGuid().ToString();
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, path)
            {
                Content = body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web),
                Headers = { { "Idempotency-Key", key } },
            };
            try
            {
                return await Send(request, cancellation);
            }
            catch (ApiError error) when (error.IsOutcomeUnknown && attempt < AttemptsMax)
            {
                await Task.Delay(_retryPause * attempt, cancellation);
            }
        }
    }

    async Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            var response = await _http.SendAsync(request, cancellation);
            return response.IsSuccessStatusCode ? response : throw await Explain(response, cancellation);
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.ConnectionError)
        {
            throw new UserError($"The shop does not answer at {_http.BaseAddress}. Start it: ./shop up");
        }
    }

    async Task<T> Read<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return (await response.Content.ReadFromJsonAsync<T>(JsonSerializerOptions.Web, cancellation))!;
        }
        catch (JsonException)
        {
            throw new UserError($"What answers at {_http.BaseAddress} is not the shop: its answer is not the shop's JSON.");
        }
    }

    async Task<Exception> Explain(HttpResponseMessage response, CancellationToken cancellation)
    {
        using (response)
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized
                && PortCheck.OtherCheckoutAt(_checkout.Addresses.Gateway, _checkout.Root) is { } other)
            {
                return new UserError(
                    $"Port {_checkout.Addresses.Gateway.Port} is used by the Shop of {other}, which does not know the tokens of this checkout. Go there to ask "
                    + "it, or run this one beside it: ./shop up says how.");
            }

            var text = await response.Content.ReadAsStringAsync(cancellation);
            var problem = ProblemOf(text);
            return new ApiError(response.StatusCode, problem?.Detail ?? response.ReasonPhrase ?? "", problem?.Type);
        }
    }

    // A problem of the shop says what is wrong. Another program's answer may be anything.
    static Problem? ProblemOf(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<Problem>(text, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    sealed record Problem(string? Type, string? Detail);
}
