using Shop.Chaos.Auditing;
using Shop.Chaos.Load;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Bench.Peers;

/// <summary>Shop, as <c>./shop up</c> starts it.</summary>
sealed record ShopPeer(string Name, string Title) : Peer(Name, Title)
{
    public bool SendsTraces { get; init; } = true;

    /// <summary>Null for the services' own.</summary>
    public int? BatchSizeMax { get; init; }

    public override async Task<RunningPeer> Start(Checkout checkout, Steps steps, CancellationToken cancellation)
    {
        var plan = new SystemPlan(Replicas.One, SendsTraces ? [] : [ShopPrograms.TraceViewer]);
        await new SystemStart(checkout, steps, new Variant(Settings())).Run(plan, cancellation);
        return new Running(checkout);
    }

    Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>();
        if (!SendsTraces)
        {
            settings["OTEL_TRACES_EXPORTER"] = "none";
        }

        if (BatchSizeMax is { } most)
        {
            settings["Messaging__BatchSizeMax"] = $"{most}";
        }

        return settings;
    }

    sealed class Variant(IReadOnlyDictionary<string, string> settings) : LaunchEnvironment
    {
        public override IReadOnlyDictionary<string, string> SettingsFor(string process) => settings;
    }

    sealed class Running(Checkout checkout) : RunningPeer
    {
        static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);

        public override LoadSubject Subject => LoadSubject.Shop;

        public override Task<long> Messages(CancellationToken cancellation) => Broker.MessagesReceived(checkout, cancellation);

        public override async Task<IReadOnlyList<string>> Check(CancellationToken cancellation)
        {
            var audit = await new Audit(checkout).Run(_patience, _ => { }, cancellation);
            return
            [
                .. audit.Invariants.SelectMany(invariant => invariant.Violations.Select(found =>
                    $"{invariant.Promise}: {found.Subject}: expected {found.Expected}, found {found.Found}".ReplaceLineEndings(" "))),
            ];
        }
    }
}
