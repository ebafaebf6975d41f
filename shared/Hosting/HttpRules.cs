using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;

namespace Shop.Hosting;

/// <summary>Rules of HTTP for every server that the framework does not implement (RFC 9110, 9112).</summary>
public static class HttpRules
{
    /// <summary>
    /// True if the caller has this version already, whatever list of tags, weak ones or <c>*</c> it sends (RFC 9110,
    /// 13.1.2).
    /// </summary>
    public static bool IsKnown(this RequestHeaders headers, EntityTagHeaderValue tag) =>
        headers.IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false));

    /// <summary>
    /// Refuses a request whose end two servers might see in different places, and closes the connection, because a smuggled request may
    /// follow (RFC 9112, 6.3). The server itself obeys Transfer-Encoding and goes on.
    /// </summary>
    internal static void UseStrictFraming(this WebApplication app) => app.Use((http, next) =>
    {
        if (HttpProtocol.IsHttp2(http.Request.Protocol) || !IsAmbiguous(http.Request))
        {
            return next(http);
        }

        http.Response.Headers.Connection = "close";
        return http.AnswerProblem(
            StatusCodes.Status400BadRequest,
            "The request is not valid",
            "The end of the body is not clear. Send either Content-Length, or Transfer-Encoding: chunked over HTTP/1.1.");
    });

    // Kestrel renames the length that it ignores.
    static bool IsAmbiguous(HttpRequest request) =>
        request.Headers.TransferEncoding is { Count: > 0 } encodings
        && (encodings is not [var encoding] || !"chunked".Equals(encoding, StringComparison.OrdinalIgnoreCase)
            || !HttpProtocol.IsHttp11(request.Protocol)
            || request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"));

    /// <summary>HEAD finds the route of GET. The server leaves the body out by itself.</summary>
    internal static void UseRoutingWithHead(this WebApplication app)
    {
        const string WasHead = "was HEAD";
        app.Use((http, next) =>
        {
            if (HttpMethods.IsHead(http.Request.Method))
            {
                http.Items[WasHead] = true;
                http.Request.Method = HttpMethods.Get;
            }

            return next(http);
        });
        app.UseRouting();
        app.Use((http, next) =>
        {
            if (http.Items.ContainsKey(WasHead))
            {
                http.Request.Method = HttpMethods.Head;
            }

            return next(http);
        });
    }

    /// <summary>
    /// A process that stops tells each client to come back on another connection (RFC 9112, 9.6), so that none sends a request
    /// into a connection that is about to end.
    /// </summary>
    internal static void UseConnectionCloseWhenStopping(this WebApplication app)
    {
        var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        app.Use((http, next) =>
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested && HttpProtocol.IsHttp11(http.Request.Protocol))
            {
                http.Response.Headers.Connection = "close";
            }

            return next(http);
        });
    }
}
