using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Shop.Hosting;

/// <summary>
/// /health/live: the process runs. /health/ready: it can serve, with each dependency by name. A "degraded" process still serves: without
/// its broker, a service takes orders and keeps its messages.
/// </summary>
static class Health
{
    public const string ReadyTag = "ready";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new() { Predicate = _ => false, ResponseWriter = Write })
            .AllowAnonymous().DisableHttpMetrics();
        routes.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains(ReadyTag), ResponseWriter = Write })
            .AllowAnonymous().DisableHttpMetrics();
    }

    static Task Write(HttpContext http, HealthReport report)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(JsonSerializer.Serialize(
            new
            {
                Status = report.Status.ToString(),
                Checks = report.Entries.ToDictionary(entry => entry.Key, entry => new
                {
                    Status = entry.Value.Status.ToString(),
                    Description = DescriptionOf(entry.Value),
                    Milliseconds = Math.Round(entry.Value.Duration.TotalMilliseconds, 1),
                }),
            },
            JsonSerializerOptions.Web));
    }

    // The text of an exception belongs into the log, not into a public answer.
    static string? DescriptionOf(HealthReportEntry entry) => entry.Exception is null ? entry.Description : "The check failed.";
}
