using Shop.Contracts.Inventory;
using Shop.Inventory.Products;

namespace Shop.Inventory.Reservations;

/// <summary>Where the stock of an order is.</summary>
enum ReservationState
{
    /// <summary>On hold until the order is confirmed, released or forgotten.</summary>
    Held,

    /// <summary>Sold.</summary>
    Sold,

    /// <summary>Back on the shelf for good: nothing will be reserved for this order again.</summary>
    Released,

    /// <summary>Back on the shelf, because nobody came for it in time.</summary>
    Expired,
}

/// <summary>
/// What one order holds or has bought: every line or none. All decisions about stock are here; they change the reservation
/// and the products it is about, and touch nothing else.
/// </summary>
sealed class Reservation
{
    public Guid OrderId { get; private init; }
    public IReadOnlyList<StockLine> Lines { get; private init; } = [];
    public ReservationState State { get; private set; }

    /// <summary>Set by the database when the hold is made.</summary>
    public DateTimeOffset HeldAt { get; private init; }

    /// <summary>Decides about stock for an order.</summary>
    /// <param name="earlier">What the order has already, if anything.</param>
    /// <returns>A reservation to keep, and what to announce; either may be null.</returns>
    public static (Reservation? Made, object? Announcement) Reserve(
        ReserveStock command, Reservation? earlier, IReadOnlyDictionary<string, Product> shelf)
    {
        if (earlier is not null)
        {
            // A released order has been given up by its saga, which waits for no answer any more.
            return (null, earlier.State is ReservationState.Held or ReservationState.Sold ? new StockReserved(command.OrderId) : null);
        }

        return Missing(command.Lines, shelf) is not [] and var missing
            ? (null, new StockRejected(command.OrderId, missing))
            : (Hold(command.OrderId, command.Lines, shelf), new StockReserved(command.OrderId));
    }

    /// <summary>Compensation. Overtaking its own ReserveStock, it leaves a tombstone that makes the late command harmless.</summary>
    /// <returns>A reservation to keep, if there was none, and what to announce.</returns>
    public static (Reservation? Made, StockReleased Announcement) Release(
        ReleaseStock command, Reservation? earlier, IReadOnlyDictionary<string, Product> shelf)
    {
        earlier?.Release(shelf);
        return (earlier is null ? Tombstone(command.OrderId) : null, new(command.OrderId));
    }

    /// <summary>The products of which the shelf has too little, or which it does not know.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyList<StockLine> lines, IReadOnlyDictionary<string, Product> shelf) =>
        [.. lines.Where(line => !(shelf.GetValueOrDefault(line.Sku)?.Available >= line.Quantity)).Select(line => line.Sku)];

    /// <summary>Holds every line. The shelf must have been asked before.</summary>
    public static Reservation Hold(
        Guid orderId, IReadOnlyList<StockLine> lines, IReadOnlyDictionary<string, Product> shelf)
    {
        foreach (var line in lines)
        {
            shelf[line.Sku].Hold(line.Quantity);
        }

        return new() { OrderId = orderId, Lines = lines, State = ReservationState.Held };
    }

    /// <summary>Stands for an order that was given up before its ReserveStock came, so that it comes to nothing.</summary>
    public static Reservation Tombstone(Guid orderId) => new() { OrderId = orderId, State = ReservationState.Released };

    /// <summary>Puts back what the order holds or has bought.</summary>
    public void Release(IReadOnlyDictionary<string, Product> shelf)
    {
        foreach (var line in Lines)
        {
            switch (State)
            {
                case ReservationState.Held:
                    shelf[line.Sku].GiveBackHeld(line.Quantity);
                    break;
                case ReservationState.Sold:
                    shelf[line.Sku].TakeBackSold(line.Quantity);
                    break;
                case ReservationState.Released or ReservationState.Expired:
                    break;
            }
        }

        State = ReservationState.Released;
    }

    /// <summary>Sells what is held; after an expiry, what is still there.</summary>
    /// <returns>What the order can no longer have; nothing is sold then, and nothing will be.</returns>
    public IReadOnlyList<string> Sell(IReadOnlyDictionary<string, Product> shelf)
    {
        switch (State)
        {
            case ReservationState.Held:
                foreach (var line in Lines)
                {
                    shelf[line.Sku].SellHeld(line.Quantity);
                }

                State = ReservationState.Sold;
                return [];
            case ReservationState.Expired when Missing(Lines, shelf) is not [] and var missing:
                State = ReservationState.Released;
                return missing;
            case ReservationState.Expired:
                foreach (var line in Lines)
                {
                    shelf[line.Sku].SellAvailable(line.Quantity);
                }

                State = ReservationState.Sold;
                return [];
            default:
                return [];
        }
    }

    /// <summary>Puts back a hold that nobody came for.</summary>
    /// <returns>False if it is no longer on hold.</returns>
    public bool Expire(IReadOnlyDictionary<string, Product> shelf)
    {
        if (State != ReservationState.Held)
        {
            return false;
        }

        Release(shelf);
        State = ReservationState.Expired;
        return true;
    }
}
