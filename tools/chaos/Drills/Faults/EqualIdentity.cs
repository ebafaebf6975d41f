using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// All replicas have one process id, one network address and one host name, as in containers on different networks. An id that is made of
/// these is not unique. Nothing else goes wrong.
/// </summary>
sealed record EqualIdentity() : ProcessFault("all replicas are process 1 at one address")
{
    const string InNamespaces = "NSpid:";

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var replicas = system.Checkout.State.Processes.All.Where(record => Replicas.IsService(record.Name)).ToArray();
        if (replicas is [])
        {
            throw new FaultMissed("no replica runs");
        }

        return Task.FromResult<EndFault>(_ => replicas.FirstOrDefault(record => !IsFirst(record)) is { } other
            ? throw new FaultMissed($"{other.Name} is not process 1")
            : Task.FromResult($"{replicas.Length} replicas were"));
    }

    // The program is the innermost process, inside the one that gave it the namespace.
    static bool IsFirst(ProcessRecord record)
    {
        var program = ProcFiles.TreeOf(record.Pid)[^1];
        var line = File.ReadLines($"/proc/{program}/status").First(line => line.StartsWith(InNamespaces, StringComparison.Ordinal));
        return line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, _, "1"];
    }
}
