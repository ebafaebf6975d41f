using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>Not a byte is left on the database server's disk. It may stop by itself: it must not pretend to have written.</summary>
sealed record FillDisk() : ProcessFault("database server's disk full")
{
    const string Complaint = "No space left on device";

    public override IReadOnlyList<string> Victims => [PostgresServer.Name];

    public override IReadOnlyList<string> MayCause => Consequences.OfDeath(PostgresServer.Name);

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var log = system.Checkout.State.LogOf(PostgresServer.Name);
        var before = Complaints(log);
        system.Disk.Fill();
        return Task.FromResult<EndFault>(async cancel =>
        {
            var complaints = Complaints(log) - before;
            system.Disk.Free();
            await system.Start(cancel);
            return complaints == 0
                ? throw new FaultMissed("the database server did not miss the space")
                : $"{complaints} complaints of the server";
        });
    }

    static int Complaints(string log)
    {
        using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var count = 0;
        while (reader.ReadLine() is { } line)
        {
            count += line.Contains(Complaint, StringComparison.Ordinal) ? 1 : 0;
        }

        return count;
    }
}
