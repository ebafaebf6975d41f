using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;

namespace Shop.Launcher.Servers;

/// <summary>The broker's management interface, as far as this program uses it.</summary>
public sealed class BrokerManagement(Uri address, BrokerUser user, string virtualHost)
{
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public async Task<bool> IsReady(CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.SendAsync(Request(HttpMethod.Get, QueuesPath), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<BrokerQueue>> Queues(CancellationToken cancellation)
    {
        using var answer = await _http.SendAsync(Request(HttpMethod.Get, QueuesPath), cancellation);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<BrokerQueue[]>(cancellation) ?? [];
    }

    /// <summary>Any other call: the path below /api, with an optional JSON body.</summary>
    public async Task Send(HttpMethod method, string path, object? body, CancellationToken cancellation)
    {
        using var request = Request(method, path);
        request.Content = body is null ? null : JsonContent.Create(body);
        using var answer = await _http.SendAsync(request, cancellation);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException(
                $"{method} {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
        }
    }

    string QueuesPath => $"queues/{Uri.EscapeDataString(virtualHost)}";

    HttpRequestMessage Request(HttpMethod method, string path)
    {
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.Name}:{user.Password}"));
        return new(method, new Uri(address, $"/api/{path}"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Basic", credentials) },
        };
    }
}

/// <summary>A queue as the management interface shows it.</summary>
/// <param name="Leader">The node that decides on its order; null while the others elect one.</param>
/// <param name="Online">The nodes that have it and run.</param>
public sealed record BrokerQueue(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("messages_ready")] long Ready,
    [property: JsonPropertyName("messages_unacknowledged")] long Unacked,
    [property: JsonPropertyName("leader")] string? Leader,
    [property: JsonPropertyName("online")] IReadOnlyList<string>? Online);
