using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace Shop.Hosting;

/// <summary>
/// Ends JSON answers with a newline, so that users of curl have the prompt on a line of its own. An endpoint with this in its metadata
/// passes on what another process has written, with the newline of that one.
/// </summary>
public sealed class LineEnd
{
    static readonly object _isThere = new();

    internal static async Task Middleware(HttpContext http, RequestDelegate next)
    {
        await next(http);
        // An announced length has no room for the newline.
        if (http.GetEndpoint()?.Metadata.GetMetadata<LineEnd>() is null
            && http.Response.ContentLength is null
            && IsJson(http.Response.ContentType))
        {
            Add(http);
        }
    }

    /// <summary>The newline is written once, after the answer.</summary>
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
