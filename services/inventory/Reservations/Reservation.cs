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

    /// <summary>Back in stock for good: nothing will be reserved for this order again.</summary>
    Released,

    /// <summary>Back in stock, because nobody came for it in time.</summary>
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
    /// <param name="earlier">The reservation of the order; null if there is none yet.</param>
    public static StockDecision Reserve(
        ReserveStock command, Reservation? earlier, IReadOnlyDictionary<string, Product> products)
    {
        if (earlier is not null)
        {
            // A released order has been given up by its saga, which waits for no answer any more.
            return earlier.State is ReservationState.Held or ReservationState.Sold
                ? new(null, new StockReserved(command.OrderId))
                : new(null, null);
        }

        return Missing(command.Lines, products) is not [] and var missing
            ? new(null, new StockRejected(command.OrderId, missing))
            : new(Hold(command.OrderId, command.Lines, products), new StockReserved(command.OrderId));
    }

    /// <summary>
    /// Decides what a ReleaseStock leads to. If it overtakes its own ReserveStock, it leaves a tombstone, so that the late command has no
    /// effect.
    /// </summary>
    /// <param name="earlier">The reservation of the order; null if there is none yet.</param>
    public static StockDecision Release(
        ReleaseStock command, Reservation? earlier, IReadOnlyDictionary<string, Product> products)
    {
        earlier?.Release(products);
        return new(earlier is null ? Tombstone(command.OrderId) : null, new StockReleased(command.OrderId));
    }

    /// <summary>The products of which there is too little, or which do not exist.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyList<StockLine> lines, IReadOnlyDictionary<string, Product> products) =>
        [.. lines.Where(line => !(products.GetValueOrDefault(line.Sku)?.Available >= line.Quantity)).Select(line => line.Sku)];

    /// <summary>Holds every line. Ask for what is missing before.</summary>
    public static Reservation Hold(
        Guid orderId, IReadOnlyList<StockLine> lines, IReadOnlyDictionary<string, Product> products)
    {
        foreach (var line in lines)
        {
            products[line.Sku].Hold(line.Quantity);
        }

        return new() { OrderId = orderId, Lines = lines, State = ReservationState.Held };
    }

    /// <summary>Stands for an order that was given up before its ReserveStock came, so that it comes to nothing.</summary>
    public static Reservation Tombstone(Guid orderId) => new() { OrderId = orderId, State = ReservationState.Released };

    /// <summary>Puts back what the order holds or has bought.</summary>
    public void Release(IReadOnlyDictionary<string, Product> products)
    {
        foreach (var line in Lines)
        {
            switch (State)
            {
                case ReservationState.Held:
                    products[line.Sku].GiveBackHeld(line.Quantity);
                    break;
                case ReservationState.Sold:
                    products[line.Sku].TakeBackSold(line.Quantity);
                    break;
                case ReservationState.Released or ReservationState.Expired:
                    break;
            }
        }

        State = ReservationState.Released;
    }

    /// <summary>Sells what is held; after an expiry, what is still there.</summary>
    /// <returns>What the order can no longer have; nothing is sold then, and nothing will be.</returns>
    public IReadOnlyList<string> Sell(IReadOnlyDictionary<string, Product> products)
    {
        switch (State)
        {
            case ReservationState.Held:
                foreach (var line in Lines)
                {
                    products[line.Sku].SellHeld(line.Quantity);
                }

                State = ReservationState.Sold;
                return [];
            case ReservationState.Expired when Missing(Lines, products) is not [] and var missing:
                State = ReservationState.Released;
                return missing;
            case ReservationState.Expired:
                foreach (var line in Lines)
                {
                    products[line.Sku].SellAvailable(line.Quantity);
                }

                State = ReservationState.Sold;
                return [];
            default:
                return [];
        }
    }

    /// <summary>Puts back a hold that nobody came for.</summary>
    /// <returns>False if it is no longer on hold.</returns>
    public bool Expire(IReadOnlyDictionary<string, Product> products)
    {
        if (State != ReservationState.Held)
        {
            return false;
        }

        Release(products);
        State = ReservationState.Expired;
        return true;
    }
}
