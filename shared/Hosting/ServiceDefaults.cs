using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Shop.Hosting;

/// <summary>What every process of the shop has in common.</summary>
public static class ServiceDefaults
{
    const int BodyBytesMax = 64 * 1024;
    const int JsonDepthMax = 16;
    static readonly TimeSpan _requestTimeLimit = TimeSpan.FromSeconds(10);
    static readonly TimeSpan _shutdownTimeLimit = TimeSpan.FromSeconds(13);

    /// <summary>Telemetry, health, problem details, authentication, strict JSON and limits.</summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        OutgoingProxy.Use();
        builder.AddSecretFiles();
        builder.Configuration.AddInMemoryCollection([new("Service:Name", service)]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        });
        builder.AddTelemetry(service);
        builder.AddValidatedOptions<AuthenticationOptions>(AuthenticationOptions.Section);
        builder.AddValidatedOptions<DrainingOptions>(DrainingOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services
            .AddProblems()
            .AddTokenAuthentication()
            .AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
            {
                Timeout = _requestTimeLimit,
                WriteTimeoutResponse = http =>
                    http.AnswerUnavailable("The service did not find the time to answer. Try again in a moment."),
            })
            .AddApiDocument()
            .Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true)
            .Configure<JsonOptions>(json => BeStrict(json.SerializerOptions))
            .Configure<HostOptions>(host => host.ShutdownTimeout = _shutdownTimeLimit)
            .AddSingleton<Draining>()
            .AddHostedService(services => services.GetRequiredService<Draining>())
            .AddHealthChecks().AddCheck<Draining>("running", tags: [Health.ReadyTag]);
        return builder;
    }

    /// <summary>The middleware and routes that belong to <see cref="AddServiceDefaults"/>.</summary>
    internal static WebApplication UseServiceDefaults(this WebApplication app, Action<WebApplication>? beforeAuthorization, bool isPublic)
    {
        OutgoingProxy.Tell(app);
        app.UseConnectionCloseWhenStopping();
        app.UseStrictFraming();
        app.UseRoutingWithHead();
        app.UseMetrics(isPublic);
        app.Use(Streams.EndWhenStopping);
        app.Use(LineEnd.Middleware);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseAuthentication();
        beforeAuthorization?.Invoke(app);
        app.UseAuthorization();
        app.UseRequestTimeouts();
        app.MapHealth();
        return app;
    }

    static void BeStrict(JsonSerializerOptions json)
    {
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.RespectRequiredConstructorParameters = true;
        json.RespectNullableAnnotations = true;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.MaxDepth = JsonDepthMax;
        json.AllowDuplicateProperties = false;
    }
}
