using Shop.Contracts.Inventory;

namespace Shop.Inventory.Reservations;

/// <summary>What a command about an order's stock leads to.</summary>
/// <param name="Created">The reservation to insert; null if the order has one, or gets none.</param>
/// <param name="Event">The event to publish; null if nobody waits for one.</param>
sealed record StockDecision(Reservation? Created, StockEvent? Event);

/// <summary>What others are told about an order's stock. The conversions list every event there is.</summary>
/// <param name="Message">The message to publish.</param>
// The casts: without them overload resolution takes the copy constructor, through the same conversion, without end.
sealed record StockEvent(object Message)
{
    public static implicit operator StockEvent(StockReserved message) => new((object)message);

    public static implicit operator StockEvent(StockRejected message) => new((object)message);

    public static implicit operator StockEvent(StockReleased message) => new((object)message);
}
