using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Shop.Hosting;

/// <summary>Traces and metrics by OTLP where a collector is configured; without one nothing is collected and nothing paid.</summary>
static class Telemetry
{
    public const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        builder.Logging.ClearProviders()
            // A statement that fails is reported once, by whoever handles the exception.
            .AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None)
            .AddConsole(console => console.FormatterName = LogLines.FormatterName)
            .AddConsoleFormatter<LogLines, ConsoleFormatterOptions>();

        DistributedContextPropagator.Current = new TraceContextOnly();
        builder.Services.AddSingleton(DistributedContextPropagator.Current);

        if (string.IsNullOrEmpty(builder.Configuration[EndpointKey]))
        {
            builder.Services.AddHostedService<TraceIdsWithoutCollector>();
        }
        else
        {
            builder.AddCollector(service);
        }
    }

    static void AddCollector(this WebApplicationBuilder builder, string service)
    {
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                service, serviceInstanceId: builder.Configuration["SHOP_INSTANCE"] ?? Environment.MachineName))
            .WithTracing(tracing => tracing
                .SetSampler(new ParentBasedSampler(new AllButProbes()))
                .AddAspNetCoreInstrumentation(options => options.Filter = http => !IsHealthCheck(http))
                .AddHttpClientInstrumentation()
                .AddNpgsql()
                .AddSource("MassTransit", "Shop.*", "Yarp.ReverseProxy"))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("MassTransit", "Npgsql", "Shop.*"))
            .UseOtlpExporter();
    }

    static bool IsHealthCheck(HttpContext http) => http.Request.Path.StartsWithSegments("/health");

    /// <summary>The gateway probes every replica every second.</summary>
    sealed class AllButProbes : Sampler
    {
        const string Probe = "proxy.cluster_health_checks";

        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
            new(samplingParameters.Name == Probe ? SamplingDecision.Drop : SamplingDecision.RecordAndSample);
    }

    /// <summary>
    /// Keeps trace ids going through messages where nobody collects traces: they are in timelines, logs and problems.
    /// </summary>
    sealed class TraceIdsWithoutCollector : IHostedService, IDisposable
    {
        readonly ActivityListener _listener = new()
        {
            ShouldListenTo = source => source.Name == "MassTransit",
            Sample = (ref _) => ActivitySamplingResult.PropagationData,
        };

        public Task StartAsync(CancellationToken cancellationToken)
        {
            ActivitySource.AddActivityListener(_listener);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _listener.Dispose();
    }
}
