using Google.Protobuf;
using Microsoft.AspNetCore.Mvc;
using Shop.Traces.Store;

namespace Shop.Traces.Receiving;

/// <summary>The OpenTelemetry protocol, by gRPC and by HTTP with protobuf. Metrics and logs are taken, and not kept.</summary>
static class OtlpEndpoints
{
    const string Protobuf = "application/x-protobuf";

    public static void MapOtlp(this WebApplication app)
    {
        app.MapGrpcService<OtlpService>();
        app.MapPost("/v1/traces", ReceiveTraces).WithMetadata(new RequestSizeLimitAttribute(OtlpLimits.BodyBytesMax));
        app.MapPost("/v1/metrics", () => TypedResults.Bytes([], Protobuf));
        app.MapPost("/v1/logs", () => TypedResults.Bytes([], Protobuf));
    }

    static async Task<IResult> ReceiveTraces(HttpRequest request, TraceStore store, CancellationToken cancellation)
    {
        if (request.ContentType?.Split(';')[0].Trim() != Protobuf)
        {
            return TypedResults.Problem($"Send {Protobuf}.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        using var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, cancellation);
            store.Add(OtlpTraces.Read(body.ToArray()));
            return TypedResults.Bytes([], Protobuf);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOtlpException or InvalidDataException)
        {
            return TypedResults.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException error)
        {
            return TypedResults.Problem(error.Message, statusCode: error.StatusCode);
        }
    }
}
