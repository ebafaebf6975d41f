using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Shop.Hosting;

namespace Shop.Gateway;

/// <summary>How much one customer may ask for.</summary>
public sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Requests per second in the long run.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; init; } = 200;

    /// <summary>Requests that may come at once after a while of quiet.</summary>
    [Range(1, 10_000_000)]
    public int Burst { get; init; } = 1_000;
}

/// <summary>
/// A token bucket for each customer. Whoever shows no valid token shares one with everybody at the same address, so that
/// guessing tokens is limited, too.
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
                PartitionedRateLimiter.Create<HttpContext, string>(http => Bucket(http, options.Value)));
    }

    static RateLimitPartition<string> Bucket(HttpContext http, RateLimitOptions options)
    {
        if (http.Request.Path.StartsWithSegments("/health"))
        {
            return RateLimitPartition.GetNoLimiter("health");
        }

        var customer = http.User.FindFirst("sub")?.Value;
        var key = customer is null ? $"address {http.Connection.RemoteIpAddress}" : $"customer {customer}";
        return RateLimitPartition.GetTokenBucketLimiter(key, _ => Bucket(options));
    }

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
            "You have used up your share for the moment. Wait for the time in Retry-After."));
    }
}
