using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Shop.Traces.Tests;

/// <summary>A viewer, and OpenTelemetry's own exporter that sends to it.</summary>
sealed class ViewerScenario : IDisposable
{
    readonly WebApplicationFactory<Program> _viewer = new();

    public ActivitySource Source { get; } = new($"test-{Guid.NewGuid()}");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HttpClient Http => field ??= _viewer.CreateClient();

    /// <summary>Runs the work under a tracer whose spans have arrived when this returns.</summary>
    public void Export(OtlpExportProtocol protocol, Action work, string service = "ordering")
    {
        using var tracer = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(service, serviceInstanceId: "ordering-1"))
            .AddSource(Source.Name)
            .AddOtlpExporter(otlp =>
            {
                otlp.Protocol = protocol;
                otlp.Endpoint = new(_viewer.Server.BaseAddress, protocol == OtlpExportProtocol.HttpProtobuf ? "v1/traces" : "");
                otlp.HttpClientFactory = () => new(new Blocking { InnerHandler = _viewer.Server.CreateHandler() });
                otlp.ExportProcessorType = ExportProcessorType.Batch;
            })
            .Build();
        work();
        Assert.True(tracer.ForceFlush(10_000));
    }

    public async Task<HttpResponseMessage> Post(byte[] body, string type = "application/x-protobuf", string? encoding = null)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        return await Http.PostAsync("/v1/traces", content, Cancellation);
    }

    public async Task<JsonElement> Ask(string path) => await Http.GetFromJsonAsync<JsonElement>(path, Cancellation);

    public async Task<JsonElement[]> Traces(string query = "") => [.. (await Ask($"/api/traces?{query}")).GetProperty("data").EnumerateArray()];

    // The exporter sends over HTTP without async, which the test server's handler cannot.
    sealed class Blocking : DelegatingHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            SendAsync(request, cancellationToken).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Source.Dispose();
        _viewer.Dispose();
    }
}
