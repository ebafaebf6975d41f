using Scalar.AspNetCore;
using Shop.Gateway;
using Shop.Hosting;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("gateway");
builder.AddTrustedForwarders();
builder.AddRateLimits();
builder.AddProxy();
builder.Services.AddSingleton<ApiDocument>();

return await builder.ServeAsync(
    app =>
    {
        app.Use(BodySize.Check);
        app.MapGet("/openapi/v1.json", (HttpContext http, ApiDocument document) => document.Answer(http)).AllowAnonymous();
        app.MapScalarApiReference("/docs", page => page.DisableTelemetry().DisableDefaultFonts()).AllowAnonymous();
        app.MapGet("/", () => TypedResults.Redirect("/docs")).AllowAnonymous();
        var ops = app.MapOps();
        ops.MapGet("/dead-letters", OpsAnswers.DeadLetters);
        ops.MapGet("/audit", OpsAnswers.Audit);
        app.MapProxy();
    },
    beforeAuthorization: app =>
    {
        app.UseTrustedForwarders();
        app.UseRateLimiter();
    },
    isPublic: true);
