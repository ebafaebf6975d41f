using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Shop.Gateway;

/// <summary>
/// GET /openapi/v1.json: the documents of all services as one. Schemas that two services call the same get the service's
/// name in front.
/// </summary>
sealed class ApiDocument(IProxyStateLookup proxy, IHttpClientFactory clients, TimeProvider clock) : IDisposable
{
    static readonly TimeSpan _freshness = TimeSpan.FromMinutes(1);

    readonly SemaphoreSlim _oneAtATime = new(1);
    JsonObject? _document;
    DateTimeOffset _fetchedAt;

    public async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            if (_document is null || clock.GetUtcNow() - _fetchedAt > _freshness)
            {
                _document = await Merge(cancellation) ?? _document;
                _fetchedAt = clock.GetUtcNow();
            }

            return _document is null
                ? TypedResults.Problem("No service could be asked for its document.", statusCode: 503)
                : TypedResults.Text(_document.ToJsonString(), "application/json");
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    /// <returns>Null unless every service has answered: half a document would be taken for a whole one.</returns>
    async Task<JsonObject?> Merge(CancellationToken cancellation)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject();
        var tags = new JsonArray();
        foreach (var cluster in proxy.GetClusters().OrderBy(cluster => cluster.ClusterId))
        {
            if (await Fetch(cluster, cancellation) is not { } text)
            {
                return null;
            }

            var document = (JsonObject)JsonNode.Parse(Unambiguous(text, cluster.ClusterId, schemas))!;
            Move(document["paths"], paths);
            Move(document["components"]?["schemas"], schemas);
            foreach (var tag in document["tags"]?.AsArray() ?? [])
            {
                tags.Add(tag!.DeepClone());
            }
        }

        return Document(paths, schemas, tags);
    }

    static JsonObject Document(JsonObject paths, JsonObject schemas, JsonArray tags) => new()
    {
        ["openapi"] = "3.1.1",
        ["info"] = new JsonObject { ["title"] = "Shop", ["version"] = "v1" },
        ["paths"] = paths,
        ["components"] = new JsonObject
        {
            ["schemas"] = schemas,
            ["securitySchemes"] = new JsonObject
            {
                ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["bearerFormat"] = "JWT" },
            },
        },
        ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
        ["tags"] = tags,
    };

    async Task<string?> Fetch(ClusterState cluster, CancellationToken cancellation)
    {
        foreach (var destination in cluster.DestinationsState.AvailableDestinations)
        {
            try
            {
                var address = new Uri(new Uri(destination.Model.Config.Address), "/openapi/v1.json");
                return await clients.CreateClient(nameof(ApiDocument)).GetStringAsync(address, cancellation);
            }
            catch (HttpRequestException)
            {
                // The next replica has the same document.
                continue;
            }
        }

        return null;
    }

    static string Unambiguous(string text, string service, JsonObject taken)
    {
        var schemas = JsonNode.Parse(text)!["components"]?["schemas"]?.AsObject();
        foreach (var (name, schema) in schemas ?? [])
        {
            if (taken[name] is { } other && !JsonNode.DeepEquals(other, schema))
            {
                var renamed = char.ToUpperInvariant(service[0]) + service[1..] + name;
                text = text
                    .Replace($"\"#/components/schemas/{name}\"", $"\"#/components/schemas/{renamed}\"")
                    .Replace($"\"{name}\":", $"\"{renamed}\":");
            }
        }

        return text;
    }

    static void Move(JsonNode? from, JsonObject to)
    {
        foreach (var (name, value) in from?.AsObject() ?? [])
        {
            to[name] = value?.DeepClone();
        }
    }
}
