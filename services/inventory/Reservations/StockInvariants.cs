using Microsoft.Extensions.Options;
using Shop.Hosting;

namespace Shop.Inventory.Reservations;

/// <summary>The promises that inventory can check by itself.</summary>
static class StockInvariants
{
    public static DatabaseGauge OldestHold { get; } = new(
        "shop.stock.hold.age",
        "s",
        "Age of the oldest hold",
        "select extract(epoch from now() - min(held_at))::float8 from inventory.reservations where state = 'Held'");

    public static DatabaseGauge Holds { get; } = new(
        "shop.stock.holds",
        "{reservation}",
        "Orders that stock is held for",
        "select count(*)::float8 from inventory.reservations where state = 'Held'");

    public static IReadOnlyList<InvariantRule> Rules(IServiceProvider services, TimeSpan grace)
    {
        var limit = services.GetRequiredService<IOptions<ReservationOptions>>().Value.HoldTimeLimit + grace;
        return
        [
            new(
                "stock-conserved",
                "received = available + held + sold, none negative, for every product",
                """
                select 'product ' || sku, 'received ' || received || ' = available + held + sold', available || ' + ' || held || ' + ' || sold
                from inventory.products
                where received <> available + held + sold or least(available, held, sold) < 0
                """),
            new(
                "holds-accounted",
                "what is held is what reservations hold",
                """
                select 'product ' || sku, 'held ' || coalesce(holds.quantity, 0) || ' by its reservations', 'held ' || held
                from inventory.products left join (
                    select item->>'sku' as sku, sum((item->>'quantity')::bigint) as quantity
                    from inventory.reservations, jsonb_array_elements(lines) item where state = 'Held' group by 1) holds using (sku)
                where held <> coalesce(holds.quantity, 0)
                """),
            new(
                "holds-end",
                "no stock is held longer than an order can take",
                $"""
                select 'reservation ' || order_id, 'ended within {limit}', 'held since ' || held_at
                from inventory.reservations where state = 'Held' and held_at < now() - {InvariantRule.Interval(limit)}
                """),
        ];
    }
}
