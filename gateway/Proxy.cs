using System.Net;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Options;
using Shop.Hosting;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Shop.Gateway;

/// <summary>YARP as this gateway uses it. Its routes are in appsettings.json.</summary>
static class Proxy
{
    // After this time another replica is tried, for any request.
    static readonly TimeSpan _connectTimeLimit = TimeSpan.FromSeconds(2);

    // These headers are removed besides those that YARP sets anew, because the gateway decides where a request comes from, not the client.
    static readonly string[] _spoofableHeaders =
    [
        "Forwarded", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP",
        "X-Original-For", "X-Original-Host", "X-Original-Proto", "X-Original-URL", "X-Rewrite-URL",
    ];

    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ProxyOptions>(ProxyOptions.Section);
        builder.AddValidatedOptions<ForwardingOptions>(ForwardingOptions.Section);
        builder.Services.AddOptions<RequestTimeoutOptions>().Configure<IOptions<ForwardingOptions>>(
            (timeouts, options) => timeouts.DefaultPolicy = new()
            {
                Timeout = options.Value.RequestTimeLimit,
                WriteTimeoutResponse = ForwardingProblems.AnswerTimedOut,
            });
        builder.Services.Configure<TransportFailureRateHealthPolicyOptions>(
            // YARP keeps a failed replica out for at least this window. With the default of a minute, a restarted replica would stand idle.
            policy => policy.DetectionWindowSize = Clusters.FailureWindow);
        builder.Services.AddSingleton<Func<string, CancellationToken, Task<IPAddress[]>>>(Dns.GetHostAddressesAsync);
        builder.Services.AddSingleton<IDestinationResolver, ReplicaLookup>();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection(ProxyOptions.Section))
            .AddConfigFilter<Clusters>()
            .AddTransforms(Transform)
            .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = _connectTimeLimit);
        ReplicaHealthLog.Register(builder.Services);
        builder.Services.AddHealthChecks().AddCheck<DestinationsHealthCheck>("services", tags: ["ready"]);
    }

    public static void MapProxy(this WebApplication app) => app.MapReverseProxy(pipeline =>
    {
        pipeline.Use(Forwarding.Forward);
        pipeline.UseLoadBalancing();
        pipeline.UsePassiveHealthChecks();
    }).WithMetadata(new LineEnd());

    static void Transform(TransformBuilderContext context)
    {
        foreach (var header in _spoofableHeaders)
        {
            context.AddRequestHeaderRemove(header);
        }

        context.AddResponseTransform(Forwarding.HoldBackFailure);
    }
}
