using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;

namespace Shop.Hosting;

/// <summary>
/// Traces, metrics and logs by OTLP where a collector is configured, each unless OTEL_TRACES_EXPORTER (…METRICS…,
/// …LOGS…) says none; without one there are metrics for whoever scrapes them, and logs on standard output.
/// </summary>
static class Telemetry
{
    public const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Where spans go as well. Beside Aspire's dashboard, which takes all three signals at one address, ./shop has its
    /// own viewer of traces.
    /// </summary>
    public const string SecondViewerKey = "SHOP_TRACE_VIEWER";

    // OpenTelemetry's own name for it.
    const string SamplingKey = "OTEL_TRACES_SAMPLER_ARG";

    static readonly PathString[] _notWork = ["/health", Metrics.Path, "/docs", "/openapi", "/favicon.ico"];

    // The value of an exporter that is turned off.
    const string Nowhere = "none";

    public static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        LogLines.AddTo(builder, service);
        // A statement that fails is reported once, by whoever handles the exception.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None);

        DistributedContextPropagator.Current = new TraceContextOnly();
        builder.Services.AddSingleton(DistributedContextPropagator.Current);

        builder.AddMetrics(service);
        if (builder.Sends("LOGS"))
        {
            builder.Services.AddOpenTelemetry().WithLogging(
                logs => logs.AddOtlpExporter(),
                // A reader of logs wants the sentence, not its template.
                options => options.IncludeFormattedMessage = true);
        }

        if (builder.Sends("TRACES"))
        {
            builder.AddTraces();
        }
        else
        {
            builder.Services.AddHostedService<TraceIdsWithoutCollector>();
        }
    }

    /// <summary>Whether a signal goes to the collector.</summary>
    public static bool Sends(this WebApplicationBuilder builder, string signal) =>
        builder.Configuration[ExporterKey(signal)] != Nowhere && !string.IsNullOrEmpty(builder.Configuration[EndpointKey]);

    /// <summary>
    /// OpenTelemetry's settings that are read here, and so checked by nobody else; <see cref="ProcessSettings"/> checks
    /// them.
    /// </summary>
    public static IEnumerable<(string Key, bool IsFine, string Requirement)> Settings(IConfiguration configuration)
    {
        foreach (var key in new[] { ExporterKey("TRACES"), ExporterKey("METRICS"), ExporterKey("LOGS") })
        {
            yield return (key, configuration[key] is null or "" or "otlp" or Nowhere, "must be otlp or none");
        }

        yield return (SamplingKey, configuration[SamplingKey] is null or ""
            || SamplingRatio(configuration) is not null, "must be a share from 0 to 1");
    }

    static string ExporterKey(string signal) => $"OTEL_{signal}_EXPORTER";

    static double? SamplingRatio(IConfiguration configuration) =>
        double.TryParse(configuration[SamplingKey], NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio)
            && ratio is >= 0 and <= 1 ? ratio : null;

    static void AddTraces(this WebApplicationBuilder builder)
    {
        Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
        builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing
                .SetSampler(new ParentBasedSampler(new EntrancesOnly(SamplingRatio(builder.Configuration) ?? 1)))
                .AddProcessor(new OrderOfTrace.FromBaggage())
                .AddAspNetCoreInstrumentation(options =>
                {
                    options.Filter = http => IsWork(http.Request.Path);
                    options.EnrichWithHttpResponse = (activity, answer) => OrderOfTrace.Tag(
                        activity, answer.Headers.Location is [{ } location] ? location : answer.HttpContext.Request.Path.Value);
                })
                .AddHttpClientInstrumentation(options => options.EnrichWithHttpResponseMessage =
                    (activity, answer) => OrderOfTrace.Tag(
                        activity, answer.Headers.Location?.OriginalString ?? answer.RequestMessage?.RequestUri?.AbsolutePath))
                .AddNpgsql()
                .AddSource("Shop.*")
                .AddOtlpExporter()
                .AddSecondViewer(builder.Configuration[SecondViewerKey]));
    }

    static TracerProviderBuilder AddSecondViewer(this TracerProviderBuilder tracing, string? address) => string.IsNullOrEmpty(address)
        ? tracing
        : tracing.AddOtlpExporter(
            SecondViewerKey, exporter => (exporter.Endpoint, exporter.Protocol) = (new(address), OtlpExportProtocol.Grpc));

    // Probes, scrapes and the files of the documentation page have no traces, because nobody looks for them.
    static bool IsWork(PathString path) => path != "/" && !_notWork.Any(one => path.StartsWithSegments(one));

    /// <summary>
    /// Without a parent, only a request or a message begins a trace. Background work that finds nothing to do, and the probes of the
    /// gateway, would be empty traces.
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
