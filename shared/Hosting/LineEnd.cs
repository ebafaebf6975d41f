using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Shop.Hosting;

/// <summary>
/// Ends JSON answers with a newline: whoever asks with curl has the prompt on a line of its own. An endpoint with this
/// in its metadata passes on what another process has written, with the newline of that one.
/// </summary>
public sealed class LineEnd
{
    static readonly object _isThere = new();

    internal static async Task Middleware(HttpContext http, RequestDelegate next)
    {
        await next(http);
        // With a length that was announced there is no room for more.
        if (http.GetEndpoint()?.Metadata.GetMetadata<LineEnd>() is null
            && http.Response.ContentLength is null
            && IsJson(http.Response.ContentType))
        {
            Add(http);
        }
    }

    /// <summary>After the answer, once.</summary>
    internal static void Add(HttpContext http)
    {
        if (http.Items.TryAdd(_isThere, null))
        {
            http.Response.BodyWriter.Write("\n"u8);
        }
    }

    static bool IsJson(string? contentType) =>
        contentType is not null && (contentType.StartsWith("application/json", StringComparison.Ordinal)
            || contentType.StartsWith("application/problem+json", StringComparison.Ordinal));
}
