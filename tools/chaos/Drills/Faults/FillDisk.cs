using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>The database server's disk is full. The server may stop, but it must not report a write that failed as done.</summary>
sealed record FillDisk() : ProcessFault("database server's disk full")
{
    const string DiskFullError = "No space left on device";

    public override IReadOnlyList<string> Victims => [PostgresServer.Name];

    public override IReadOnlyList<string> MayCause => Consequences.OfDeath(PostgresServer.Name);

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var log = system.Checkout.State.LogOf(PostgresServer.Name);
        var before = CountErrors(log);
        system.Disk.Fill();
        return Task.FromResult<EndFault>(async cancel =>
        {
            var errors = CountErrors(log) - before;
            system.Disk.Free();
            await system.Start(cancel);
            return errors == 0
                ? throw new FaultMissed("the database server did not miss the space")
                : $"{errors} complaints of the server";
        });
    }

    static int CountErrors(string log)
    {
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var count = 0;
        while (reader.ReadLine() is { } line)
        {
            count += line.Contains(DiskFullError, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }
}
