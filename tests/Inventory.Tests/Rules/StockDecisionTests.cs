using Shop.Contracts.Inventory;
using Shop.Inventory.Products;
using Shop.Inventory.Reservations;

namespace Shop.Inventory.Tests.Rules;

/// <summary>What ReserveStock and ReleaseStock lead to, for a new order and for each state of one that is known.</summary>
public sealed class StockDecisionTests
{
    static readonly Guid _order = Guid.CreateVersion7();
    static readonly ReserveStock _reserve = new(_order, [new("MUG-01", 2)]);
    static readonly ReleaseStock _release = new(_order);

    readonly Dictionary<string, Product> _products = new() { ["MUG-01"] = new() { Sku = "MUG-01" } };

    public StockDecisionTests() => Mug.Receive(2);

    Product Mug => _products["MUG-01"];

    [Fact]
    public void Stock_that_is_there_is_held_and_announced()
    {
        var (created, announced) = Reservation.Reserve(_reserve, earlier: null, _products);

        Assert.Equal(new StockReserved(_order), announced);
        Assert.NotNull(created);
        Assert.Equal((_order, _reserve.Lines, ReservationState.Held), (created.OrderId, created.Lines, created.State));
        Assert.Equal((0, 2), (Mug.Available, Mug.Held));
    }

    [Fact]
    public void Stock_that_is_missing_is_refused_and_nothing_is_held()
    {
        var (created, announced) = Reservation.Reserve(new(_order, [new("MUG-01", 3)]), earlier: null, _products);

        Assert.Null(created);
        Assert.Equal(["MUG-01"], Assert.IsType<StockRejected>(announced?.Message).MissingSkus);
        Assert.Equal((2, 0), (Mug.Available, Mug.Held));
    }

    [Theory]
    [InlineData(nameof(ReservationState.Held), true)]
    [InlineData(nameof(ReservationState.Sold), true)]
    [InlineData(nameof(ReservationState.Released), false)]
    [InlineData(nameof(ReservationState.Expired), false)]
    public void A_repeated_ReserveStock_takes_nothing_more_and_is_answered_while_the_order_has_its_stock(string state, bool isAnswered)
    {
        var reservation = In(state);
        var available = Mug.Available;

        var decision = Reservation.Reserve(_reserve, reservation, _products);

        Assert.Equal(isAnswered ? new(null, new StockReserved(_order)) : new(null, null), decision);
        Assert.Equal((available, state), (Mug.Available, reservation.State.ToString()));
    }

    [Theory]
    [InlineData(nameof(ReservationState.Held))]
    [InlineData(nameof(ReservationState.Sold))]
    [InlineData(nameof(ReservationState.Released))]
    [InlineData(nameof(ReservationState.Expired))]
    public void A_ReleaseStock_puts_everything_back_and_is_answered(string state)
    {
        var reservation = In(state);

        Assert.Equal(new(null, new StockReleased(_order)), Reservation.Release(_release, reservation, _products));

        Assert.Equal(ReservationState.Released, reservation.State);
        Assert.Equal((2, 0, 0), (Mug.Available, Mug.Held, Mug.Sold));
    }

    [Fact]
    public void A_ReleaseStock_that_overtakes_its_ReserveStock_leaves_a_tombstone()
    {
        var (tombstone, announced) = Reservation.Release(_release, earlier: null, _products);

        Assert.Equal(new StockReleased(_order), announced);
        Assert.Equal((_order, ReservationState.Released), (tombstone!.OrderId, tombstone.State));
        Assert.Equal(new(null, null), Reservation.Reserve(_reserve, tombstone, _products));
        Assert.Equal((2, 0), (Mug.Available, Mug.Held));
    }

    Reservation In(string state)
    {
        var reservation = Reservation.Hold(_order, _reserve.Lines, _products);
        switch (state)
        {
            case nameof(ReservationState.Sold):
                reservation.Sell(_products);
                break;
            case nameof(ReservationState.Released):
                reservation.Release(_products);
                break;
            case nameof(ReservationState.Expired):
                reservation.Expire(_products);
                break;
        }

        Assert.Equal(state, reservation.State.ToString());
        return reservation;
    }
}
