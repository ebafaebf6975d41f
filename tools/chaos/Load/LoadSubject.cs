namespace Shop.Chaos.Load;

/// <summary>What is loaded, and where it keeps what is measured.</summary>
/// <param name="Database">The one with the orders.</param>
/// <param name="Orders">Their table, with the columns of ordering's.</param>
/// <param name="Databases">All that it writes to.</param>
public sealed record LoadSubject(string Database, string Orders, IReadOnlyList<string> Databases)
{
    public static LoadSubject Shop { get; } =
        new("ordering", "ordering.orders", ["ordering", "inventory", "payment"]) { CountsDuplicates = true };

    /// <summary>Whether it has inboxes that say what they have dropped.</summary>
    public bool CountsDuplicates { get; init; }

    /// <summary>Who takes its orders; null for who listens at the gateway's address.</summary>
    public IOrderTaker? Taker { get; init; }

    /// <summary>What this process is called among its own; null if it runs in others only.</summary>
    public string? ThisProcess { get; init; }
}
