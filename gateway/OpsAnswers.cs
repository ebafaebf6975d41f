using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy;

namespace Shop.Gateway;

/// <summary>Requests of staff about the whole system: the gateway asks every service and merges the answers.</summary>
static class OpsAnswers
{
    /// <summary>GET /ops/dead-letters: those of all services, those that failed last first.</summary>
    public static async Task<JsonHttpResult<JsonObject>> DeadLetters(HttpContext http, IProxyStateLookup proxy)
    {
        var (answers, unavailable) = await Ask(http, proxy);
        if (answers.FirstOrDefault(answer => !answer.IsSuccess) is { } refused)
        {
            return TypedResults.Json(refused.Body, contentType: "application/problem+json", statusCode: (int)refused.Status);
        }

        var letters = answers
            .SelectMany(answer => answer.Body["deadLetters"]!.AsArray())
            .OrderByDescending(letter => letter!["lastFailedAt"]!.GetValue<DateTimeOffset>())
            .Select(letter => letter!.DeepClone());
        return TypedResults.Json(new JsonObject
        {
            ["deadLetters"] = new JsonArray([.. letters]),
            ["waiting"] = answers.Sum(answer => answer.Body["waiting"]!.GetValue<long>()),
            ["unavailable"] = unavailable,
        });
    }

    /// <summary>GET /ops/audit: whether each service keeps the promises that it can check by itself.</summary>
    public static async Task<JsonHttpResult<JsonObject>> Audit(HttpContext http, IProxyStateLookup proxy)
    {
        var (answers, unavailable) = await Ask(http, proxy);
        return TypedResults.Json(new JsonObject
        {
            ["ok"] = unavailable is [] && answers.All(answer => answer.IsSuccess && answer.Body["ok"]!.GetValue<bool>()),
            ["invariants"] = new JsonArray(
            [
                .. answers.Where(answer => answer.IsSuccess)
                    .SelectMany(answer => answer.Body["invariants"]!.AsArray())
                    .Select(rule => rule!.DeepClone()),
            ]),
            ["unavailable"] = unavailable,
        });
    }

    static async Task<(IReadOnlyList<ServiceAnswer> Answers, JsonArray Unavailable)> Ask(HttpContext http, IProxyStateLookup proxy)
    {
        var clusters = proxy.GetClusters().OrderBy(cluster => cluster.ClusterId).ToArray();
        var answers = await Task.WhenAll(clusters.Select(cluster => ServiceCalls.Get(
            cluster, http.Request.Path + http.Request.QueryString, http.Request.Headers.Authorization, http.RequestAborted)));
        var missing = clusters.Zip(answers).Where(pair => pair.Second is null).Select(pair => pair.First.ClusterId);
        return ([.. answers.OfType<ServiceAnswer>()], new JsonArray([.. missing.Select(name => (JsonNode)name)]));
    }
}
