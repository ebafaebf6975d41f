using Shop.Launcher.Running;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// The services' environment names a proxy, and nothing else goes wrong. Calls within the same machine must not go to the proxy.
/// </summary>
sealed record ProxyInEnvironment() : ProcessFault("a proxy in the services' environment")
{
    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var services = system.Checkout.State.Processes.All.Where(record => Replicas.IsService(record.Name)).ToArray();
        if (system.Environment.Proxy is not { } proxy || services is [])
        {
            throw new FaultMissed("no service runs that could know of a proxy");
        }

        foreach (var record in services)
        {
            var variables = File.ReadAllText($"/proc/{record.Pid}/environ").Split('\0');
            if (!variables.Contains($"HTTP_PROXY={proxy.Url}"))
            {
                throw new FaultMissed($"{record.Name} does not know of the proxy");
            }
        }

        return Task.FromResult<EndFault>(_ => proxy.Calls is > 0 and var calls
            ? throw new FaultMissed($"the proxy was asked {calls} times for what it is not for")
            : Task.FromResult($"{services.Length} services had it and did not ask it"));
    }
}
