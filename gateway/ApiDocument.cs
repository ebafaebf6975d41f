using System.Text.Json;
using System.Text.Json.Nodes;
using Shop.Hosting;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Shop.Gateway;

/// <summary>GET /openapi/v1.json: the documents of all services as one, fetched once in a while.</summary>
sealed class ApiDocument(IProxyStateLookup proxy, TimeProvider clock) : IDisposable
{
    static readonly TimeSpan _freshness = TimeSpan.FromMinutes(1);
    static readonly TimeSpan _fetchTimeLimit = TimeSpan.FromSeconds(5);

    readonly SemaphoreSlim _oneAtATime = new(1);
    string? _document;
    DateTimeOffset _fetchedAt;

    public async Task Answer(HttpContext http)
    {
        if (await Get(http.RequestAborted) is { } document)
        {
            http.Response.ContentType = "application/json; charset=utf-8";
            await http.Response.WriteAsync(document, http.RequestAborted);
        }
        else
        {
            await http.AnswerUnavailable("Not every service could be asked for its part of the document. Try again in a moment.");
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    async Task<string?> Get(CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            if (_document is null || clock.GetUtcNow() - _fetchedAt > _freshness)
            {
                _document = await Fetch(cancellation) ?? _document;
                _fetchedAt = clock.GetUtcNow();
            }

            return _document;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <returns>Null unless every service has answered: half a document would be taken for a whole one.</returns>
    async Task<string?> Fetch(CancellationToken cancellation)
    {
        var merged = new MergedDocument();
        foreach (var cluster in proxy.GetClusters().OrderBy(cluster => cluster.ClusterId))
        {
            if (await Fetch(cluster, cancellation) is not { } document)
            {
                return null;
            }

            merged.Add(cluster.ClusterId, document);
        }

        return merged.ToString();
    }

    static async Task<JsonObject?> Fetch(ClusterState cluster, CancellationToken cancellation)
    {
        // Every replica has the same document.
        foreach (var destination in cluster.DestinationsState.AvailableDestinations)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_fetchTimeLimit);
            try
            {
                var address = new Uri(new Uri(destination.Model.Config.Address), "/openapi/v1.json");
                using var request = new HttpRequestMessage(HttpMethod.Get, address);
                using var answer = await cluster.Model.HttpClient.SendAsync(request, limit.Token);
                if (answer.IsSuccessStatusCode)
                {
                    var body = await answer.Content.ReadAsStreamAsync(limit.Token);
                    return await JsonNode.ParseAsync(body, cancellationToken: limit.Token) as JsonObject;
                }
            }
            catch (Exception error) when (IsOfThisReplica(error, cancellation))
            {
                continue;
            }
        }

        return null;
    }

    static bool IsOfThisReplica(Exception error, CancellationToken cancellation) =>
        error is HttpRequestException or IOException or JsonException
        || (error is OperationCanceledException && !cancellation.IsCancellationRequested);
}
