using System.ComponentModel.DataAnnotations;
using Shop.PaymentProvider;
using Shop.Hosting;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["SHOP_SECRETS"] is { Length: > 0 } secrets)
{
    // Each file is a setting with its name, as in the services.
    builder.Configuration.AddKeyPerFile(Path.GetFullPath(secrets), optional: true);
}

// A failed start is reported below, in one line.
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.Services.AddProblemDetails();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<FaultInjection>();
builder.Services.AddSingleton<Charges>();
builder.Services.AddSingleton<ChargesInProgress>();
builder.Services.AddSingleton<Refunds>();
builder.Services.AddSingleton<Disguises>();
builder.Services.AddSingleton(services => new Ledger(
    builder.Configuration["Ledger:Path"] ?? "ledger.jsonl", services.GetRequiredService<TimeProvider>()));

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseWhen(http => http.Request.Path.StartsWithSegments("/v1/charges"), api =>
{
    api.Use(api.ApplicationServices.GetRequiredService<Disguises>().Answer);
    // A request without a key counts as one from the provider's own console, which drills and people on this machine use. A wrong key is
    // refused.
    var key = builder.Configuration["ApiKey"];
    api.Use(async (http, next) =>
    {
        var faults = http.RequestServices.GetRequiredService<FaultInjection>();
        var brought = http.Request.Headers.Authorization.ToString();
        if ((faults.Current.KeyExpired && faults.Hit()) || (key is not null && brought is not "" && brought != $"Bearer {key}"))
        {
            await TypedResults.Problem("The API key has expired or is not the right one.", statusCode: 401).ExecuteAsync(http);
            return;
        }

        await next(http);
    });
});

try
{
    var charges = app.Services.GetRequiredService<Charges>();
    app.MapPost("/v1/charges", charges.Make);
    app.MapGet("/v1/charges", charges.Find);
    app.MapPost("/v1/charges/{id}/refunds", charges.Refund);
    app.MapGet("/v1/faults", (FaultInjection faults) => new { faults.Current, faults.Hits });
    app.MapPut("/v1/faults", IResult (Faults wanted, FaultInjection faults) =>
    {
        var errors = new List<ValidationResult>();
        if (!Validator.TryValidateObject(wanted, new(wanted), errors, validateAllProperties: true))
        {
            return TypedResults.Problem(string.Join(" ", errors.Select(error => error.ErrorMessage)), statusCode: 400);
        }

        faults.Set(wanted);
        return TypedResults.Ok(wanted);
    });
    app.MapGet("/health/live", () => TypedResults.Ok(new { status = "Healthy" }));
    app.MapGet("/health/ready", () => TypedResults.Ok(new { status = "Healthy" }));
    await app.RunAsync();
    return 0;
}
catch (IOException error)
{
    // The port is taken, or the ledger cannot be opened.
    await Console.Error.WriteLineAsync(
        $"card-network: {error.Message} If another payment provider of this checkout runs: ./shop up --without card-network ends it and leaves its place to this one.");
    return 1;
}
