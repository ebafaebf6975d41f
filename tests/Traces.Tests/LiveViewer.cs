using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Shop.Support;
using Shop.Traces.Store;

namespace Shop.Traces.Tests;

/// <summary>A viewer in this process that listens on ports of its own, as the real one does.</summary>
sealed class LiveViewer : IDisposable
{
    readonly WebApplicationFactory<TraceStore> _viewer;
    readonly int[] _ports = FreePorts.Take(3);

    public LiveViewer(StoreLimits? limits = null)
    {
        _viewer = new WebApplicationFactory<TraceStore>().WithWebHostBuilder(viewer => viewer
            .UseSetting("Ports:Page", $"{_ports[0]}")
            .UseSetting("Ports:OtlpGrpc", $"{_ports[1]}")
            .UseSetting("Ports:OtlpHttp", $"{_ports[2]}")
            .UseSetting("Store:SpansMax", $"{(limits ?? new()).SpansMax}"));
        _viewer.UseKestrel();
        _viewer.StartServer();
    }

    public Uri Page => new($"http://localhost:{_ports[0]}");

    public Uri Grpc => new($"http://localhost:{_ports[1]}");

    public Uri Http => new($"http://localhost:{_ports[2]}");

    public TraceStore Store => _viewer.Services.GetRequiredService<TraceStore>();

    public void Dispose() => _viewer.Dispose();
}
