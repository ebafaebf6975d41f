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
        app.MapDocs();
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
