using CsCheck;
using Shop.Contracts.Inventory;
using Shop.Inventory.Products;
using Shop.Inventory.Reservations;

namespace Shop.Inventory.Tests.Rules;

/// <summary>Every state of a reservation against everything that can happen to it.</summary>
public sealed class ReservationTests
{
    static readonly Guid _order = Guid.CreateVersion7();
    static readonly StockLine[] _lines = [new("MUG-01", 2), new("TEE-01", 3)];

    [Fact]
    public void A_hold_takes_every_line_from_stock()
    {
        var products = Products(10);

        var reservation = Reservation.Hold(_order, _lines, products);

        Assert.Equal(ReservationState.Held, reservation.State);
        Assert.Equal((8, 2, 0), Counts(products["MUG-01"]));
        Assert.Equal((7, 3, 0), Counts(products["TEE-01"]));
    }

    [Theory]
    [InlineData(2, 3, "")]
    [InlineData(1, 3, "MUG-01")]
    [InlineData(2, 2, "TEE-01")]
    [InlineData(0, 0, "MUG-01,TEE-01")]
    public void What_is_missing_is_told_line_by_line(int mugs, int shirts, string missing)
    {
        var products = new Dictionary<string, Product> { ["MUG-01"] = Stocked("MUG-01", mugs), ["TEE-01"] = Stocked("TEE-01", shirts) };

        Assert.Equal(missing, string.Join(',', Reservation.Missing(_lines, products)));
    }

    [Fact]
    public void A_product_nobody_knows_is_missing() =>
        Assert.Equal(["MUG-01", "TEE-01"], Reservation.Missing(_lines, new Dictionary<string, Product>()));

    [Fact]
    public void A_sale_sells_what_is_held()
    {
        var products = Products(10);
        var reservation = Reservation.Hold(_order, _lines, products);

        Assert.Empty(reservation.Sell(products));

        Assert.Equal(ReservationState.Sold, reservation.State);
        Assert.Equal((8, 0, 2), Counts(products["MUG-01"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_release_gives_back_what_is_held_or_sold_and_is_harmless_twice(bool sold)
    {
        var products = Products(10);
        var reservation = Reservation.Hold(_order, _lines, products);
        if (sold)
        {
            reservation.Sell(products);
        }

        reservation.Release(products);
        reservation.Release(products);

        Assert.Equal(ReservationState.Released, reservation.State);
        Assert.Equal((10, 0, 0), Counts(products["MUG-01"]));
    }

    [Fact]
    public void A_sale_after_a_release_or_a_sale_changes_nothing()
    {
        var products = Products(10);
        var reservation = Reservation.Hold(_order, _lines, products);
        reservation.Sell(products);
        Assert.Empty(reservation.Sell(products));
        Assert.Equal((8, 0, 2), Counts(products["MUG-01"]));

        reservation.Release(products);
        Assert.Empty(reservation.Sell(products));
        Assert.Equal((10, 0, 0), Counts(products["MUG-01"]));
    }

    [Fact]
    public void A_hold_nobody_came_for_goes_back_and_is_taken_again_by_a_late_confirmation()
    {
        var products = Products(10);
        var reservation = Reservation.Hold(_order, _lines, products);

        Assert.True(reservation.Expire(products));
        Assert.Equal((10, 0, 0), Counts(products["MUG-01"]));

        Assert.Empty(reservation.Sell(products));
        Assert.Equal(ReservationState.Sold, reservation.State);
        Assert.Equal((8, 0, 2), Counts(products["MUG-01"]));
    }

    [Fact]
    public void A_late_confirmation_is_rejected_when_somebody_else_has_the_stock()
    {
        var products = Products(3);
        var late = Reservation.Hold(_order, _lines, products);
        late.Expire(products);
        Reservation.Hold(Guid.CreateVersion7(), [new("TEE-01", 1)], products);

        Assert.Equal(["TEE-01"], late.Sell(products));

        Assert.Equal(ReservationState.Released, late.State);
        Assert.Equal((3, 0, 0), Counts(products["MUG-01"]));
    }

    [Theory]
    [InlineData("sell")]
    [InlineData("release")]
    [InlineData("expire")]
    public void Only_a_hold_runs_out(string before)
    {
        var products = Products(10);
        var reservation = Reservation.Hold(_order, _lines, products);
        switch (before)
        {
            case "sell":
                reservation.Sell(products);
                break;
            case "release":
                reservation.Release(products);
                break;
            default:
                reservation.Expire(products);
                break;
        }

        var counts = Counts(products["MUG-01"]);
        Assert.False(reservation.Expire(products));
        Assert.Equal(counts, Counts(products["MUG-01"]));
    }

    [Fact]
    public void Whatever_happens_in_whatever_order_stock_is_conserved_and_never_negative() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 4], Gen.Int[1, 4]).Array[0, 60].Sample(steps =>
        {
            var products = Products(5);
            var orders = new Dictionary<int, Reservation>();
            foreach (var (order, action, quantity) in steps)
            {
                Step(products, orders, order, action, quantity);
                Assert.All(products.Values, product =>
                {
                    Assert.Equal(product.Received, product.Available + product.Held + product.Sold);
                    Assert.True(product is { Available: >= 0, Held: >= 0, Sold: >= 0 });
                });
            }
        });

    static void Step(Dictionary<string, Product> products, Dictionary<int, Reservation> orders, int order, int action, int quantity)
    {
        if (!orders.TryGetValue(order, out var reservation))
        {
            StockLine[] lines = [new("MUG-01", quantity)];
            if (action == 1)
            {
                orders[order] = Reservation.Tombstone(Guid.CreateVersion7());
            }
            else if (Reservation.Missing(lines, products) is [])
            {
                orders[order] = Reservation.Hold(Guid.CreateVersion7(), lines, products);
            }

            return;
        }

        switch (action)
        {
            case 0:
                products["MUG-01"].Receive(quantity);
                break;
            case 1:
                reservation.Release(products);
                break;
            case 2:
                reservation.Sell(products);
                break;
            default:
                reservation.Expire(products);
                break;
        }
    }

    static Dictionary<string, Product> Products(int each) => new()
    {
        ["MUG-01"] = Stocked("MUG-01", each),
        ["TEE-01"] = Stocked("TEE-01", each),
    };

    static Product Stocked(string sku, int quantity)
    {
        var product = new Product { Sku = sku };
        product.Receive(quantity);
        return product;
    }

    static (long Available, long Held, long Sold) Counts(Product product) => (product.Available, product.Held, product.Sold);
}
