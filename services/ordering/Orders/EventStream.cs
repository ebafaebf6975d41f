using System.Net.ServerSentEvents;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Shop.Ordering.Orders;

/// <summary>
/// Server-sent events with a comment line now and then while there is no event, as the HTML standard advises, because proxies cut a
/// connection that is silent for a minute or less. The framework's own result has no comments.
/// </summary>
sealed class EventStream<T>(IAsyncEnumerable<SseItem<T>> events, TimeProvider clock) : IResult, IEndpointMetadataProvider
{
    /// <summary>The longest silence.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(15);

    static readonly byte[] _stillHere = Encoding.UTF8.GetBytes(": still here\n\n");

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["text/event-stream"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store";
        // nginx buffers an answer unless this header tells it not to.
        response.Headers["X-Accel-Buffering"] = "no";
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            return;
        }

        await response.Body.FlushAsync(httpContext.RequestAborted);
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        try
        {
            await SseFormatter.WriteAsync(
                WithComments(response, httpContext.RequestAborted),
                response.Body,
                (item, writer) =>
                {
                    using var text = new Utf8JsonWriter(writer);
                    JsonSerializer.Serialize(text, item.Data, json);
                },
                httpContext.RequestAborted);
        }
        catch (OperationCanceledException) when (httpContext.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, or the process stops.
        }
    }

    async IAsyncEnumerable<SseItem<T>> WithComments(
        HttpResponse response, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var source = events.GetAsyncEnumerator(cancellation);
        while (true)
        {
            var next = source.MoveNextAsync().AsTask();
            try
            {
                while (await Task.WhenAny(next, Task.Delay(SilenceMax, clock, cancellation)) != next)
                {
                    await response.Body.WriteAsync(_stillHere, cancellation);
                    await response.Body.FlushAsync(cancellation);
                }
            }
            finally
            {
                // The enumerator must not be disposed of while a move is under way.
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            if (!await next)
            {
                yield break;
            }

            yield return source.Current;
        }
    }
}
