using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Shop.Traces.Store;

namespace Shop.Traces.Receiving;

/// <summary>The OpenTelemetry protocol, by gRPC and by HTTP with protobuf. Metrics and logs are taken, and not kept.</summary>
static class OtlpEndpoints
{
    const string Protobuf = "application/x-protobuf";
    const string ReceivingLimiter = "otlp";

    /// <summary>Adds the receiver. A limiter bounds how many bodies are in memory, however many senders there are.</summary>
    public static void AddOtlp(this IServiceCollection services) => services.AddRequestDecompression().AddRateLimiter(limits =>
    {
        limits.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limits.AddConcurrencyLimiter(ReceivingLimiter, limit =>
        {
            limit.PermitLimit = OtlpLimits.RequestsMax;
            limit.QueueLimit = OtlpLimits.RequestsWaitingMax;
            limit.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
        });
    });

    public static void MapOtlp(this WebApplication app)
    {
        app.MapGrpcService<OtlpService>().RequireRateLimiting(ReceivingLimiter);
        app.MapPost("/v1/traces", (HttpRequest request, TraceStore store, CancellationToken cancellation) =>
            Receive(request, body => store.Add(OtlpTraces.Read(body)), cancellation)).With();
        app.MapPost("/v1/metrics", Ignore).With();
        app.MapPost("/v1/logs", Ignore).With();
    }

    static void With(this RouteHandlerBuilder endpoint) =>
        endpoint.WithMetadata(new RequestSizeLimitAttribute(OtlpLimits.BodyBytesMax)).RequireRateLimiting(ReceivingLimiter);

    static Task<IResult> Ignore(HttpRequest request, CancellationToken cancellation) =>
        Receive(request, MessageReader.Check, cancellation);

    static async Task<IResult> Receive(HttpRequest request, Action<ReadOnlySpan<byte>> read, CancellationToken cancellation)
    {
        if (!string.Equals(request.ContentType?.Split(';')[0].Trim(), Protobuf, StringComparison.OrdinalIgnoreCase))
        {
            return Refuse($"Send {Protobuf}.", StatusCodes.Status415UnsupportedMediaType);
        }

        // Bodies that were unpacked have no content encoding any more.
        if (request.Headers.ContentEncoding.Count > 0)
        {
            return Refuse("Send it packed with gzip, or not packed.", StatusCodes.Status415UnsupportedMediaType);
        }

        using var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, cancellation);
            read(body.GetBuffer().AsSpan(0, (int)body.Length));
            return TypedResults.Bytes([], Protobuf);
        }
        catch (InvalidOtlpException error) when (error.IsTooMuch)
        {
            return Refuse(error.Message, StatusCodes.Status413PayloadTooLarge);
        }
        catch (Exception error) when (error is InvalidOtlpException or InvalidDataException)
        {
            return Refuse(error.Message, StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException error)
        {
            return Refuse(error.Message, error.StatusCode);
        }
    }

    static ProblemHttpResult Refuse(string why, int status) => TypedResults.Problem(why, statusCode: status);
}
