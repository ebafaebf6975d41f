using Shop.Chaos.Auditing;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Chaos.Drills;

/// <summary>The system that a drill breaks: processes of this machine, or containers.</summary>
public abstract class DrillSystem(Checkout checkout)
{
    /// <summary>Its secrets, and where it answers.</summary>
    public Checkout Checkout => checkout;

    /// <summary>Begins the idempotency keys of a run, so that it gets no answers of an earlier one.</summary>
    public abstract string KeysOf(Drill drill, int seed);

    /// <summary>Returns when it runs, has something to sell and is warm.</summary>
    public abstract Task Prepare(Drill drill, DrillOptions options, Steps steps, CancellationToken cancellation);

    /// <summary>What the faults have left broken, as sentences. Nothing may be.</summary>
    public abstract Task<IReadOnlyList<string>> Damage(IReadOnlyList<PlannedFault> faults, CancellationToken cancellation);

    /// <summary>Audits once every order has ended, or after this time.</summary>
    public abstract Task<AuditResult> Audit(TimeSpan timeLimit, CancellationToken cancellation);

    /// <returns>What has become of orders; one that does not exist is left out.</returns>
    public abstract Task<IReadOnlyDictionary<Guid, OrderEnd>> Ends(IEnumerable<Guid> orders, CancellationToken cancellation);

    /// <returns>The copies of messages in this run; null where the audit alone judges them.</returns>
    public virtual Task<Copies?> CountCopies(CancellationToken cancellation) => Task.FromResult<Copies?>(null);
}
