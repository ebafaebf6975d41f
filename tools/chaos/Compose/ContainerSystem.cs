using System.Net;
using Shop.Chaos.Auditing;
using Shop.Chaos.Drills;
using Shop.Launcher.Client;
using Shop.Launcher.Compose;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Chaos.Compose;

/// <summary>The system of docker-compose.yml, which a drill finds running and leaves running.</summary>
public sealed class ContainerSystem(ComposeSystem compose) : DrillSystem(compose.Checkout)
{
    const int AttemptsMax = 5;
    static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);

    /// <summary>The commands of docker.</summary>
    public ComposeSystem Compose => compose;

    // The system keeps its keys, so a second run with the same ones would get the answers of the first.
    public override string KeysOf(Drill drill, int seed) => $"{drill.Name}-{seed}-{Guid.CreateVersion7():N}";

    public override async Task Prepare(Drill drill, DrillOptions options, Steps steps, CancellationToken cancellation)
    {
        await PrepareStock(cancellation);
        await new Probe(Checkout).Warm(cancellation);
    }

    // All containers must be healthy at the end, whatever the faults did to them.
    public override async Task<IReadOnlyList<string>> Damage(IReadOnlyList<PlannedFault> faults, CancellationToken cancellation)
    {
        string[] unwell = [];
        await Poll.Until(
            async () =>
            {
                var services = await compose.Docker(["compose", "ps", "--format", "{{.Service}} {{.State}} {{.Health}}"], cancellation);
                unwell = [.. services.Split('\n').Where(line => !line.EndsWith(" running healthy", StringComparison.Ordinal))];
                return unwell is [];
            },
            DrillRun.TimeLimit,
            _pollInterval,
            cancellation);
        return [.. unwell.Select(line => $"{line} after {DrillRun.TimeLimit.TotalSeconds:0} s")];
    }

    public override Task<AuditResult> Audit(TimeSpan timeLimit, CancellationToken cancellation) =>
        compose.Ask<AuditResult>(["audit", "--json", "--wait", $"{timeLimit.TotalSeconds:0}"], cancellation);

    // The orders come from the API, because the database's port is not published.
    public override async Task<IReadOnlyDictionary<Guid, OrderEnd>> Ends(IEnumerable<Guid> orders, CancellationToken cancellation)
    {
        using var staff = new ShopApi(Checkout, "drill", Tokens.Staff);
        var ends = new Dictionary<Guid, OrderEnd>();
        foreach (var order in orders)
        {
            try
            {
                var view = await staff.Get<OrderView>($"/orders/{order}", cancellation);
                ends[order] = new(view.Status, view.Reason);
            }
            catch (ApiError error) when (error.Status == HttpStatusCode.NotFound)
            {
                // The judge reports a missing order.
            }
        }

        return ends;
    }

    // The first request of its kind to a program that has just started may take longer than the gateway waits.
    async Task PrepareStock(CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Stock.Prepare(Checkout, cancellation);
                return;
            }
            catch (ApiError error) when (attempt < AttemptsMax && error.Status >= HttpStatusCode.InternalServerError)
            {
                await Task.Delay(_pollInterval, cancellation);
            }
        }
    }
}
