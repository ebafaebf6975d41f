using Shop.Chaos.Auditing;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// The ends of orders that a missing process explains. In a drill, orders wait 20 s for their payment and 90 s for their stock. A fault of
/// some seconds can use up the 20 s, but not the 90 s.
/// </summary>
public static class Consequences
{
    /// <summary>Whether an order needs the process for its payment.</summary>
    static readonly string[] _ofPayment = [PaymentService, ShopPrograms.PaymentProvider, RabbitMqServer.Name, PostgresServer.Name];

    const string PaymentService = "payment";
    const string Ordering = "ordering";

    /// <summary>The consequences of a process that died and comes back within seconds.</summary>
    public static IReadOnlyList<string> OfDeath(string process) =>
        _ofPayment.Any(name => IsOf(process, name)) ? [Endings.PaymentTimeout] : [];

    /// <summary>
    /// The consequences of a process that stood still, or could not reach what it needs. Ordering's deadlines go on meanwhile.
    /// </summary>
    public static IReadOnlyList<string> OfStandstill(string process) =>
        IsOf(process, Ordering) ? [Endings.PaymentTimeout] : OfDeath(process);

    static bool IsOf(string process, string name) => process == name || process.StartsWith(name + "-", StringComparison.Ordinal);
}
