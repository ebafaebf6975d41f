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

    /// <summary>Back in stock, because the order was not confirmed in time.</summary>
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
            // The saga has given up a released order and waits for no answer any more.
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

    /// <summary>The products that are short or do not exist.</summary>
    public static IReadOnlyList<string> Missing(IReadOnlyList<StockLine> lines, IReadOnlyDictionary<string, Product> products) =>
        [.. lines.Where(line => !(products.GetValueOrDefault(line.Sku)?.Available >= line.Quantity)).Select(line => line.Sku)];

    /// <summary>Holds every line. The caller must have checked that nothing is missing.</summary>
    public static Reservation Hold(
        Guid orderId, IReadOnlyList<StockLine> lines, IReadOnlyDictionary<string, Product> products)
    {
        foreach (var line in lines)
        {
            products[line.Sku].Hold(line.Quantity);
        }

        return new() { OrderId = orderId, Lines = lines, State = ReservationState.Held };
    }

    /// <summary>
    /// A tombstone for an order that was given up before its ReserveStock arrived, so that the ReserveStock has no effect.
    /// </summary>
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

    /// <summary>Sells the held stock or, after an expiry, stock that is still available.</summary>
    /// <returns>The products that are missing. If there are any, nothing is sold now or later.</returns>
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

    /// <summary>Puts back a hold that has run out.</summary>
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
