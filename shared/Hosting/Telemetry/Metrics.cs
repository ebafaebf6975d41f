using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Shop.Hosting;

/// <summary>Where a process shows its metrics to Prometheus.</summary>
public sealed class MetricsOptions
{
    public const string Section = "Metrics";

    /// <summary>
    /// A port for /metrics alone, at the addresses the process listens at anyway. Null: a service shows them at its own
    /// port, and the gateway nowhere, because everybody reaches that.
    /// </summary>
    [Range(1, 65_535)]
    public int? Port { get; init; }
}

/// <summary>
/// Metrics, scraped at /metrics and pushed by OTLP where there is a collector. A scrape needs no token: it has numbers without customers or
/// orders, and must work while the issuer of tokens is away. So the route is never at a port that the public reaches.
/// </summary>
static class Metrics
{
    public const string Path = "/metrics";
    const string KestrelDefault = "http://localhost:5000";

    public static void AddMetrics(this WebApplicationBuilder builder, string service)
    {
        builder.AddValidatedOptions<MetricsOptions>(MetricsOptions.Section);
        builder.ListenForScrapes();
        var sends = builder.Sends("METRICS");
        builder.Services.AddOpenTelemetry()
            // The same resource as that of the traces. OpenTelemetry's variables may give the process another name.
            .ConfigureResource(resource => resource
                .AddService(service, serviceInstanceId: ProcessSettings.InstanceOf(builder.Configuration))
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics => (sends ? metrics.AddOtlpExporter() : metrics)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("MassTransit", "Npgsql", "Shop.*")
                // These counters go down, which readers do not expect.
                .AddView("messaging.masstransit.*.active", MetricStreamConfiguration.Drop)
                // Exemplars come from kept traces, so that a slow order in a histogram leads to its trace.
                .SetExemplarFilter(ExemplarFilterType.TraceBased)
                .AddPrometheusExporter(scrape => scrape.ScopeInfoEnabled = false));
    }

    /// <summary>This comes first, because limits, authorization and request metrics do not apply to scrapes.</summary>
    /// <param name="isPublic">True if everybody reaches the process's own port.</param>
    public static void UseMetrics(this WebApplication app, bool isPublic)
    {
        var port = app.Services.GetRequiredService<IOptions<MetricsOptions>>().Value.Port;
        if (port is not null)
        {
            // The port serves only metrics.
            app.MapWhen(http => http.Connection.LocalPort == port, Scrape);
        }
        else if (!isPublic)
        {
            app.MapWhen(IsScrape, Scrape);
        }
    }

    public static bool IsScrape(HttpContext http) => http.Request.Path == Path;

    static void Scrape(IApplicationBuilder app)
    {
        app.Use((http, next) =>
        {
            if (http.Features.Get<IHttpMetricsTagsFeature>() is { } tags)
            {
                tags.MetricsDisabled = true;
            }

            return next(http);
        });
        app.UseOpenTelemetryPrometheusScrapingEndpoint(IsScrape);
        // Routing runs before and may have found an endpoint, but nothing runs it here.
        app.Run(http =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    // Kestrel listens where it would have, and there at one more port. Endpoints that are configured one by one
    // (Kestrel:Endpoints) come with their own.
    static void ListenForScrapes(this WebApplicationBuilder builder)
    {
        // A value that is no port is refused with the other settings.
        if (!ushort.TryParse(
            builder.Configuration[$"{MetricsOptions.Section}:{nameof(MetricsOptions.Port)}"], CultureInfo.InvariantCulture, out var port))
        {
            return;
        }

        var urls = builder.Configuration[WebHostDefaults.ServerUrlsKey];
        if (string.IsNullOrEmpty(urls) && builder.Configuration[WebHostDefaults.HttpPortsKey] is { Length: > 0 } ports)
        {
            builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, $"{ports};{port}");
        }
        else
        {
            urls = string.IsNullOrEmpty(urls) ? KestrelDefault : urls;
            var more = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(BindingAddress.Parse)
                .Where(address => !address.IsUnixPipe && !address.IsNamedPipe)
                .Select(address => $"http://{address.Host}:{port}")
                .Distinct();
            builder.WebHost.UseUrls([urls, .. more]);
        }
    }
}
