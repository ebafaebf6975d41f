namespace Shop.Chaos.Drills.Faults;

/// <summary>The network between a process and a server it calls gets worse.</summary>
sealed record NetworkFault(string Process, string Server, Conditions Conditions)
    : ProcessFault($"{Process} to {Server}: {Conditions.Title}")
{
    // A link that is only slow is slow for seconds.
    public override IReadOnlyList<string> MayCause => Slow.Contains(Conditions) ? [] : Consequences.OfStandstill(Process);

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var link = system.Environment.Between(Process, Server);
        link.Set(Conditions);
        return Task.FromResult<EndFault>(_ =>
        {
            var hits = link.Hits;
            link.Set(Conditions.Good);
            return hits == 0
                ? throw new FaultMissed("nothing passed the link meanwhile")
                : Task.FromResult(Conditions.Cut ? $"{hits} connections reset" : $"{hits} pieces held up");
        });
    }

    /// <summary>Every way in which a link can be cut.</summary>
    public static IReadOnlyList<Conditions> Cuts { get; } =
    [
        new("cut", Cut: true),
        new("silent both ways", HoldsRequests: true, HoldsAnswers: true),
        new("silent one way: requests are lost", HoldsRequests: true),
        new("silent one way: answers are lost", HoldsAnswers: true),
    ];

    /// <summary>Every way in which a link can be bad, and still work.</summary>
    public static IReadOnlyList<Conditions> Slow { get; } =
    [
        new("100 ms latency", Latency: TimeSpan.FromMilliseconds(50)),
        new("5 % loss", LossRate: 0.05),
        new("64 KB/s", BytesPerSecond: 64_000),
    ];
}
