using Shop.Hosting;
using Yarp.ReverseProxy;

namespace Shop.Gateway;

/// <summary>GET /openapi/v1.json: the documents of all services as one, fetched once in a while.</summary>
sealed class ApiDocument(IProxyStateLookup proxy, TimeProvider clock) : IDisposable
{
    static readonly TimeSpan _freshness = TimeSpan.FromMinutes(1);

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
            if (await ServiceCalls.Get(cluster, "/openapi/v1.json", authorization: null, cancellation) is not { IsSuccess: true } answer)
            {
                return null;
            }

            merged.Add(cluster.ClusterId, answer.Body);
        }

        return merged.ToString();
    }
}
