namespace Shop.Traces.Query;

/// <summary>The page loads only files of its own. Texts of spans are shown and never run.</summary>
static class Page
{
    const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static Task Protect(HttpContext http, RequestDelegate next)
    {
        http.Response.Headers.ContentSecurityPolicy = Policy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return next(http);
    }

    /// <summary>Jaeger's addresses: a link to a trace leads to it here as there.</summary>
    public static void MapPage(this WebApplication app)
    {
        app.MapGet("/", () => TypedResults.Redirect("/search"));
        foreach (var path in new[] { "/search", "/trace/{id}" })
        {
            app.MapGet(path, (IWebHostEnvironment files) =>
                TypedResults.PhysicalFile(Path.Combine(files.WebRootPath, "index.html"), "text/html; charset=utf-8"));
        }
    }
}
