using System.ComponentModel.DataAnnotations;
using Shop.CardNetwork;
using Shop.Hosting;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.Services.AddProblemDetails();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<FaultInjection>();
builder.Services.AddSingleton<Charges>();
builder.Services.AddSingleton(_ => new Ledger(builder.Configuration["Ledger:Path"] ?? "ledger.jsonl"));

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();

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
