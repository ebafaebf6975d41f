using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Shop.Traces.Query;
using Shop.Traces.Receiving;
using Shop.Traces.Store;

var builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["SHOP_SECRETS"] is { Length: > 0 } settings)
{
    // Each file is a setting with its name, as in the services.
    builder.Configuration.AddKeyPerFile(Path.GetFullPath(settings), optional: true);
}

// A failed start is reported below, in one line.
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
var ports = builder.Configuration.GetSection(ViewerPorts.Section).Get<ViewerPorts>() ?? new();
builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "").ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = OtlpLimits.BodyBytesMax;
    kestrel.ListenLocalhost(ports.Page);
    kestrel.ListenLocalhost(ports.OtlpHttp);
    // Without TLS, a client cannot choose HTTP/2 on a port that also speaks HTTP/1.1.
    kestrel.ListenLocalhost(ports.OtlpGrpc, listen => listen.Protocols = HttpProtocols.Http2);
});
// A request for another host name is refused: it comes from a page that made its own name point here (DNS rebinding).
builder.Configuration["AllowedHosts"] = "localhost;127.0.0.1;[::1]";
builder.Services.AddOtlp();
builder.Services.AddGrpc(grpc =>
{
    grpc.MaxReceiveMessageSize = OtlpLimits.BodyBytesMax;
    grpc.CompressionProviders = [new Gzip()];
});
builder.Services.AddSingleton<IServiceMethodProvider<OtlpService>, OtlpService.Methods>();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton(builder.Configuration.GetSection(StoreLimits.Section).Get<StoreLimits>() ?? new());
builder.Services.AddSingleton<TraceStore>();

var app = builder.Build();
app.UseRateLimiter();
app.UseRequestDecompression();
app.Use(Page.Protect);
app.UseStaticFiles();
app.MapOtlp();
app.MapJaegerApi();
app.MapPage();
app.MapGet("/health/live", () => TypedResults.Ok(new { status = "Healthy" }));
app.MapGet("/health/ready", () => TypedResults.Ok(new { status = "Healthy" }));

try
{
    await app.RunAsync();
    return 0;
}
catch (IOException error)
{
    await Console.Error.WriteLineAsync(
        $"trace-viewer: {error.Message} If another viewer of this checkout runs: ./shop up --without trace-viewer ends it; "
        + "Ports__Page, Ports__OtlpGrpc and Ports__OtlpHttp move this one.");
    return 1;
}

/// <summary>Where the viewer listens, on this machine only.</summary>
sealed record ViewerPorts
{
    public const string Section = "Ports";

    public int Page { get; init; } = 16686;

    public int OtlpGrpc { get; init; } = 4317;

    public int OtlpHttp { get; init; } = 4318;
}
