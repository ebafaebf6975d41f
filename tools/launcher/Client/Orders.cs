using System.Text.Json.Serialization;

namespace Shop.Launcher.Client;

/// <summary>A line of an order that is placed.</summary>
public sealed record OrderItem(string Sku, decimal Quantity);

/// <summary>Money; its value is text, so that no digit is lost.</summary>
public sealed record Amount([property: JsonPropertyName("amount")] string Value, string Currency);

/// <summary>The answer to an order: it was accepted.</summary>
public sealed record PlacedOrder(Guid OrderId, string Status, Amount Total, DateTimeOffset PlacedAt);

/// <summary>An order as its customer sees it.</summary>
public sealed record OrderView(Guid OrderId, string Status, string? Reason, Amount Total, DateTimeOffset PlacedAt, int Version);

/// <summary>A step of an order.</summary>
public sealed record StatusChange(Guid OrderId, string Status, string? Reason, string What, DateTimeOffset At, int Version)
{
    public bool IsTerminal => Status is "Confirmed" or "Cancelled";
}
