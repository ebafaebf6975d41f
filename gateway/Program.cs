using Scalar.AspNetCore;
using Shop.Gateway;
using Shop.Hosting;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("gateway");
builder.AddValidatedOptions<RateLimitOptions>(RateLimitOptions.Section);
builder.Services.AddRateLimits();
builder.Services.AddHttpClient();
builder.Services.AddSingleton<ApiDocument>();
builder.Services.AddHealthChecks().AddCheck<DestinationsHealthCheck>("services", tags: ["ready"]);
builder.Services.AddReverseProxy()
    .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
    .AddConfigFilter<Clusters>();

return await builder.ServeAsync(app =>
{
    app.UseRateLimiter();
    app.Use(BodySize.Check);
    app.MapGet("/openapi/v1.json", (ApiDocument document, CancellationToken cancellation) => document.Handle(cancellation))
        .AllowAnonymous().ExcludeFromDescription();
    app.MapScalarApiReference("/docs").AllowAnonymous();
    app.MapGet("/", () => TypedResults.Redirect("/docs")).AllowAnonymous().ExcludeFromDescription();
    app.MapReverseProxy(pipeline =>
    {
        pipeline.Use(Forwarding.Forward);
        pipeline.UseLoadBalancing();
        pipeline.UsePassiveHealthChecks();
    });
});
