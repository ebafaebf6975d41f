using Scalar.AspNetCore;

namespace Shop.Gateway;

/// <summary>
/// GET /docs: the API, browsable, with requests that can be sent. The page is Scalar's, without the links to its vendor. The browser lets
/// it call only this gateway.
/// </summary>
static class DocsPage
{
    const string Path = "/docs";

    // Hides the vendor's name below the list of routes. Scalar has no setting for it.
    const string Css = "a[href*='scalar.com'] { display: none !important; }";

    public static void MapDocs(this WebApplication app)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(Path), docs => docs.Use(KeepToItself));
        app.MapGet("/openapi/v1.json", (HttpContext http, ApiDocument document) => document.Answer(http)).AllowAnonymous();
        app.MapScalarApiReference(Path, page => page
            .WithTitle("Shop: API")
            .WithNonce()
            .WithFavicon("data:,")
            .WithCustomCss(Css)
            .ExpandAllTags()
            .DisableTelemetry()
            .DisableDefaultFonts()
            .DisableAgent()
            .DisableMcp()
            .HideDeveloperTools()
            .HideClientButton()).AllowAnonymous();
        app.MapGet("/", () => TypedResults.Redirect(Path)).AllowAnonymous();
    }

    static Task KeepToItself(HttpContext http, RequestDelegate next)
    {
        http.Response.OnStarting(() =>
        {
            var nonce = http.Items[ScalarOptions.NonceHttpContextItemKey];
            http.Response.Headers.ContentSecurityPolicy =
                $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; " +
                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
            return Task.CompletedTask;
        });
        return next(http);
    }
}
