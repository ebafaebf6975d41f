using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Trace;

namespace Shop.Hosting;

/// <summary>Traces and metrics by OTLP where a collector is configured; without one there are metrics only, for whoever scrapes them.</summary>
static class Telemetry
{
    public const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // OpenTelemetry's own name for it.
    const string SamplingKey = "OTEL_TRACES_SAMPLER_ARG";

    public static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        LogLines.AddTo(builder, service);
        // A statement that fails is reported once, by whoever handles the exception.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None);

        DistributedContextPropagator.Current = new TraceContextOnly();
        builder.Services.AddSingleton(DistributedContextPropagator.Current);

        builder.AddMetrics(service);
        if (string.IsNullOrEmpty(builder.Configuration[EndpointKey]))
        {
            builder.Services.AddHostedService<TraceIdsWithoutCollector>();
        }
        else
        {
            builder.AddCollector();
        }
    }

    static void AddCollector(this WebApplicationBuilder builder)
    {
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing
                .SetSampler(new ParentBasedSampler(new EntrancesOnly(builder.SamplingRatio())))
                .AddProcessor(new OrderOfTrace.FromBaggage())
                .AddAspNetCoreInstrumentation(options =>
                {
                    options.Filter = http => !IsHealthCheck(http) && !Metrics.IsScrape(http);
                    options.EnrichWithHttpResponse = (activity, answer) => OrderOfTrace.Tag(
                        activity, answer.Headers.Location is [{ } location] ? location : answer.HttpContext.Request.Path.Value);
                })
                .AddHttpClientInstrumentation(options => options.EnrichWithHttpResponseMessage =
                    (activity, answer) => OrderOfTrace.Tag(activity, answer.Headers.Location?.OriginalString ?? answer.RequestMessage?.RequestUri?.AbsolutePath))
                .AddNpgsql()
                .AddSource("Shop.*"))
            .UseOtlpExporter();
    }

    static bool IsHealthCheck(HttpContext http) => http.Request.Path.StartsWithSegments("/health");

    static double SamplingRatio(this WebApplicationBuilder builder)
    {
        var text = builder.Configuration[SamplingKey];
        return string.IsNullOrEmpty(text) ? 1
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1 ? ratio
            : throw new SettingException($"{SamplingKey} must be a share from 0 to 1, not \"{text}\".");
    }

    /// <summary>
    /// Where nothing went before, only a request or a message begins a trace. Background work that finds nothing to do, and the probes
    /// of the gateway, would be traces about nothing.
    /// </summary>
    sealed class EntrancesOnly(double ratio) : Sampler
    {
        readonly TraceIdRatioBasedSampler _share = new(ratio);

        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
            samplingParameters.Kind is ActivityKind.Server or ActivityKind.Consumer
                ? _share.ShouldSample(samplingParameters)
                : new(SamplingDecision.Drop);
    }

    /// <summary>
    /// Keeps trace ids going through messages where nobody collects traces: they are in timelines, logs and problems.
    /// </summary>
    sealed class TraceIdsWithoutCollector : IHostedService, IDisposable
    {
        readonly ActivityListener _listener = new()
        {
            ShouldListenTo = source => source.Name.StartsWith("Shop.", StringComparison.Ordinal),
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
