using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Yarp.ReverseProxy.Model;

namespace Shop.Gateway;

/// <summary>What a service answered when the gateway itself asked.</summary>
sealed record ServiceAnswer(HttpStatusCode Status, JsonObject Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}

/// <summary>Requests that the gateway itself makes, for answers that are merged from all services.</summary>
static class ServiceCalls
{
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(5);

    /// <param name="authorization">The caller's token. Each service decides by itself what the caller may see.</param>
    /// <returns>Null if no replica had an answer.</returns>
    public static async Task<ServiceAnswer?> Get(
        ClusterState cluster, string pathAndQuery, string? authorization, CancellationToken cancellation)
    {
        foreach (var destination in cluster.DestinationsState.AvailableDestinations)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(_timeLimit);
            try
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Get, new Uri(new Uri(destination.Model.Config.Address), pathAndQuery));
                request.Headers.Host = destination.Model.Config.Host;
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
                using var answer = await cluster.Model.HttpClient.SendAsync(request, limit.Token);
                var body = await answer.Content.ReadAsStreamAsync(limit.Token);
                if ((int)answer.StatusCode < 500
                    && await JsonNode.ParseAsync(body, cancellationToken: limit.Token) is JsonObject json)
                {
                    return new(answer.StatusCode, json);
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
