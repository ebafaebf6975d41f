using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

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

/// <summary>A token bucket for each customer; who is not signed in shares one with everybody at the same address.</summary>
static class RateLimits
{
    static readonly TimeSpan _refill = TimeSpan.FromMilliseconds(100);

    public static void AddRateLimits(this IServiceCollection services) => services
        .AddRateLimiter(limiter => limiter.OnRejected = Refuse)
        .AddOptions<RateLimiterOptions>()
        .Configure<IOptions<RateLimitOptions>>((limiter, options) => limiter.GlobalLimiter =
            PartitionedRateLimiter.Create<HttpContext, string>(http => Bucket(http, options.Value)));

    static RateLimitPartition<string> Bucket(HttpContext http, RateLimitOptions options)
    {
        if (http.Request.Path.StartsWithSegments("/health"))
        {
            return RateLimitPartition.GetNoLimiter("health");
        }

        var customer = http.User.FindFirst("sub")?.Value;
        var key = customer is null ? $"address {http.Connection.RemoteIpAddress}" : $"customer {customer}";
        return RateLimitPartition.GetTokenBucketLimiter(key, _ => new()
        {
            TokenLimit = options.Burst,
            TokensPerPeriod = Math.Max(1, (int)(options.RequestsPerSecond * _refill.TotalSeconds)),
            ReplenishmentPeriod = TimeSpan.FromSeconds(
                Math.Max(1, (int)(options.RequestsPerSecond * _refill.TotalSeconds)) / (double)options.RequestsPerSecond),
        });
    }

    static ValueTask Refuse(OnRejectedContext context, CancellationToken cancellation)
    {
        var http = context.HttpContext;
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
        http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return http.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new()
        {
            HttpContext = http,
            ProblemDetails =
            {
                Status = StatusCodes.Status429TooManyRequests,
                Title = "Too many requests",
                Detail = "You have used up your share for the moment. Wait for the time in Retry-After.",
            },
        });
    }
}
