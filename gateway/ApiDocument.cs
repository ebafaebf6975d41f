using System.Text.Json.Nodes;
using Shop.Hosting;
using Yarp.ReverseProxy;

namespace Shop.Gateway;

/// <summary>
/// GET /openapi/v1.json: the documents of all services as one, fetched now and then. If a service is away, its last known part stays. If
/// there is none, the document says so.
/// </summary>
sealed class ApiDocument(IProxyStateLookup proxy, TimeProvider clock) : IDisposable
{
    static readonly TimeSpan _freshness = TimeSpan.FromMinutes(1);
    static readonly TimeSpan _freshnessOfPart = TimeSpan.FromSeconds(1);

    // The order in which a customer needs them.
    static readonly string[] _order = ["ordering", "inventory", "payment"];

    readonly SemaphoreSlim _oneAtATime = new(1);
    readonly Dictionary<string, JsonObject> _parts = [];
    string? _document;
    bool _isComplete;
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
            await http.AnswerUnavailable("No service could be asked for its part of the document. Try again in a moment.");
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    async Task<string?> Get(CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            if (_document is null || clock.GetUtcNow() - _fetchedAt > (_isComplete ? _freshness : _freshnessOfPart))
            {
                _document = await Fetch(cancellation);
                _fetchedAt = clock.GetUtcNow();
            }

            return _document;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <returns>Null if no service has ever answered.</returns>
    async Task<string?> Fetch(CancellationToken cancellation)
    {
        var services = proxy.GetClusters().Select(cluster => cluster.ClusterId)
            .OrderBy(service => Array.IndexOf(_order, service) is >= 0 and var place ? place : _order.Length)
            .ThenBy(service => service).ToArray();
        var answers = await Task.WhenAll(services.Select(service => Ask(service, cancellation)));
        var merged = new MergedDocument();
        foreach (var (service, answer) in services.Zip(answers))
        {
            if (answer is not null)
            {
                _parts[service] = answer;
            }

            if (_parts.TryGetValue(service, out var part))
            {
                merged.Add(service, part);
            }
            else
            {
                merged.Miss(service);
            }
        }

        _isComplete = answers.All(answer => answer is not null);
        return _parts.Count == 0 ? null : merged.ToString();
    }

    async Task<JsonObject?> Ask(string service, CancellationToken cancellation) =>
        proxy.TryGetCluster(service, out var cluster)
        && await ServiceCalls.Get(cluster, "/openapi/v1.json", authorization: null, cancellation) is { IsSuccess: true } answer
            ? answer.Body
            : null;
}
