using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting.Tests;

/// <summary>The part of a request that a replica has read before it answered.</summary>
sealed record Received(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string TraceId => Headers["traceparent"].Split('-')[1];
}

/// <summary>A fake replica of a service with real sockets, which a test controls.</summary>
sealed class FakeService : IAsyncDisposable
{
    WebApplication? _app;
    int _probes;

    public int Port { get; private set; }

    public string Address => $"http://127.0.0.1:{Port}/";

    public bool IsReady { get; set; } = true;

    /// <summary>How often it was asked whether it is ready.</summary>
    public int Probes => Volatile.Read(ref _probes);

    public string ApiDocument { get; set; } = """{"openapi":"3.1.1","paths":{}}""";

    /// <summary>The answer, after the request was read.</summary>
    public RequestDelegate Answer { get; set; } = http => http.Response.WriteAsync("ok");

    public ConcurrentQueue<Received> Requests { get; } = [];

    public static async Task<FakeService> Start()
    {
        var service = new FakeService();
        await service.StartAgain();
        return service;
    }

    /// <summary>Starts at the same port as before, if there was one.</summary>
    public async Task StartAgain()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{Port}");
        _app = builder.Build();
        _app.Run(Handle);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Port = new Uri(_app.Urls.Single()).Port;
    }

    public async Task Stop()
    {
        if (_app is { } app)
        {
            _app = null;
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await Stop();

    async Task Handle(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/health/ready":
                Interlocked.Increment(ref _probes);
                http.Response.StatusCode = IsReady ? 200 : 503;
                break;
            case "/openapi/v1.json":
                await http.Response.WriteAsync(ApiDocument);
                break;
            default:
                using (var reader = new StreamReader(http.Request.Body))
                {
                    var body = await reader.ReadToEndAsync(http.RequestAborted);
                    Requests.Enqueue(new(
                        http.Request.Method,
                        http.Request.Path + http.Request.QueryString,
                        http.Request.Headers.ToDictionary(
                            header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                        body));
                }

                await Answer(http);
                break;
        }
    }
}
