using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using Shop.Monolith;

var builder = WebApplication.CreateBuilder(args);
var settings = builder.Configuration;

builder.Services.AddDbContextPool<ShopDbContext>(options => options
    .UseNpgsql(settings.GetConnectionString("Database"))
    .UseSnakeCaseNamingConvention());
builder.Services.AddHttpClient<PaymentProvider>(http =>
{
    http.BaseAddress = new(settings["CardNetwork:Url"]!);
    http.DefaultRequestHeaders.Authorization = settings["CardNetwork:ApiKey"] is { Length: > 0 } key ? new("Bearer", key) : null;
    http.Timeout = TimeSpan.FromSeconds(10);
});
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddScoped<Checkout>();
builder.Services.AddHostedService<OpenOrders>();
builder.Services.AddHealthChecks();
builder.Services.AddProblemDetails();
builder.Services.AddAuthentication().AddJwtBearer(bearer =>
{
    bearer.MapInboundClaims = false;
    bearer.TokenValidationParameters = new()
    {
        ValidIssuer = settings["Authentication:Issuer"],
        ValidAudience = settings["Authentication:Audience"],
        ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
        IssuerSigningKey = ReadKey(settings["Authentication:PublicKeyFile"]!),
        RoleClaimType = "role",
        NameClaimType = "sub",
    };
});
builder.Services.AddAuthorizationBuilder()
    .AddPolicy("customer", policy => policy.RequireRole("customer", "staff").RequireClaim("sub"))
    .AddPolicy("staff", policy => policy.RequireRole("staff"));

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.MapHealthChecks("/health/ready");
var orders = app.MapGroup("/orders").RequireAuthorization("customer");
orders.MapPost("/", OrderEndpoints.Place);
orders.MapGet("/{id:guid}", OrderEndpoints.Get);
var products = app.MapGroup("/products");
products.MapGet("/{sku}", ProductEndpoints.Get);
products.MapPut("/{sku}", ProductEndpoints.Put).RequireAuthorization("staff");
products.MapPost("/{sku}/restock", ProductEndpoints.Restock).RequireAuthorization("staff");

await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<ShopDbContext>().Database.EnsureCreatedAsync();
}

await app.RunAsync();

static RsaSecurityKey ReadKey(string file)
{
    var key = RSA.Create();
    key.ImportFromPem(File.ReadAllText(file));
    return new(key);
}
