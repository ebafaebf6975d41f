using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Shop.Hosting;

namespace Shop.Gateway;

/// <summary>
/// The limits for one customer at each replica of the gateway. With three replicas, a customer gets up to three times as much.
/// </summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Requests per second in the long run.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>Requests that may come at once after a while of quiet.</summary>
    [Range(1, 10_000_000)]
    public int Burst { get; init; } = 1_000;

    /// <summary>Event streams that may be open at once.</summary>
    [Range(1, 100_000)]
    public int Streams { get; init; } = 50;
}

/// <summary>
/// A token bucket for each customer. Requests without a valid token share one bucket per address, so that guessing tokens is limited too.
/// </summary>
static class RateLimits
{
    const int RefillsPerSecond = 10;

    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<RateLimitOptions>(RateLimitOptions.Section);
        builder.Services
            .AddRateLimiter(limiter => limiter.OnRejected = Refuse)
            .AddOptions<RateLimiterOptions>()
            .Configure<IOptions<RateLimitOptions>>((limiter, options) => limiter.GlobalLimiter =
                PartitionedRateLimiter.CreateChained(
                    PartitionedRateLimiter.Create<HttpContext, string>(http => Requests(http, options.Value)),
                    PartitionedRateLimiter.Create<HttpContext, string>(http => Streams(http, options.Value))));
    }

    static RateLimitPartition<string> Requests(HttpContext http, RateLimitOptions options) =>
        http.Request.Path.StartsWithSegments("/health")
            ? RateLimitPartition.GetNoLimiter("health")
            : RateLimitPartition.GetTokenBucketLimiter(Caller(http), _ => Bucket(options));

    // Each open stream costs a connection to a service for as long as its order waits.
    static RateLimitPartition<string> Streams(HttpContext http, RateLimitOptions options) => IsStream(http)
        ? RateLimitPartition.GetConcurrencyLimiter(Caller(http), _ => new() { PermitLimit = options.Streams })
        : RateLimitPartition.GetNoLimiter("no stream");

    static string Caller(HttpContext http) => http.User.FindFirst("sub")?.Value is { } customer
        ? $"customer {customer}"
        : $"address {http.Connection.RemoteIpAddress}";

    static bool IsStream(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<DisableRequestTimeoutAttribute>() is not null;

    static TokenBucketRateLimiterOptions Bucket(RateLimitOptions options)
    {
        var tokens = Math.Max(1, options.RequestsPerSecond / RefillsPerSecond);
        return new()
        {
            TokenLimit = options.Burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds(tokens / (double)options.RequestsPerSecond),
        };
    }

    static ValueTask Refuse(OnRejectedContext context, CancellationToken cancellation)
    {
        var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.Zero;
        context.HttpContext.Response.Headers.RetryAfter =
            Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return new(context.HttpContext.AnswerProblem(
            StatusCodes.Status429TooManyRequests,
            "Too many requests",
            IsStream(context.HttpContext)
                ? "You have used up your share for the moment, or have too many event streams open. Close one, or wait for the time in Retry-After."
                : "You have used up your share for the moment. Wait for the time in Retry-After."));
    }
}
