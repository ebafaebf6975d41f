using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Shop.Traces.Tests;

/// <summary>A viewer, and OpenTelemetry's own exporter that sends to it.</summary>
sealed class ViewerScenario : IDisposable
{
    readonly LiveViewer _viewer = new();

    public ViewerScenario() => Http = new() { BaseAddress = _viewer.Page };

    public ActivitySource Source { get; } = new($"test-{Guid.NewGuid()}");

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HttpClient Http { get; }

    /// <summary>Runs the work under a tracer whose spans have arrived when this returns.</summary>
    public void Export(OtlpExportProtocol protocol, Action work, string service = "ordering")
    {
        using var tracer = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddService(service, serviceInstanceId: "ordering-1"))
            .AddSource(Source.Name)
            .AddOtlpExporter(otlp =>
            {
                otlp.Protocol = protocol;
                otlp.Endpoint = protocol == OtlpExportProtocol.HttpProtobuf ? new(_viewer.Http, "v1/traces") : _viewer.Grpc;
                otlp.ExportProcessorType = ExportProcessorType.Batch;
            })
            .Build();
        work();
        Assert.True(tracer.ForceFlush(10_000));
    }

    /// <param name="type">Empty for none.</param>
    public async Task<HttpResponseMessage> Post(
        byte[] body, string type = "application/x-protobuf", string? encoding = null, string path = "/v1/traces")
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = type is "" ? null : new MediaTypeHeaderValue(type) } };
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        // A sender that goes on writing while it is refused may not get the reason.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(
            _viewer.Http, path)) { Content = content, Headers = { ExpectContinue = body.Length > 1_000_000 } };
        return await Http.SendAsync(request, Cancellation);
    }

    /// <summary>Sends frames by gRPC.</summary>
    /// <returns>The status that gRPC ends with.</returns>
    public async Task<string> Call(byte[] frames)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(
            _viewer.Grpc, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frames) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Headers = { { "te", "trailers" }, { "grpc-encoding", "gzip" } },
        };
        using var answer = await Http.SendAsync(request, Cancellation);
        await answer.Content.ReadAsByteArrayAsync(Cancellation);
        return (answer.Headers.TryGetValues("grpc-status", out var status)
            || answer.TrailingHeaders.TryGetValues("grpc-status", out status)) ? status.Single() : $"{answer.StatusCode}";
    }

    public async Task<JsonElement> Ask(string path) => await Http.GetFromJsonAsync<JsonElement>(path, Cancellation);

    public async Task<JsonElement[]> Traces(string query = "") =>
        [.. (await Ask($"/api/traces?{query}")).GetProperty("data").EnumerateArray()];

    public void Dispose()
    {
        Source.Dispose();
        Http.Dispose();
        _viewer.Dispose();
    }
}
