using Shop.Contracts.Inventory;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering.Data;
using Shop.Ordering.Orders;

namespace Shop.Ordering.Sagas;

/// <summary>The first transition, in the transaction of the request that places the order.</summary>
public sealed partial class OrderSaga
{
    /// <summary>Stores a new order, asks for its stock and sets the deadline of the answer.</summary>
    internal async Task Begin(UnitOfWork<OrderingDbContext> unit, Order order)
    {
        order.DeadlineToken = await unit.Schedule(Queues.Orders, new StockOverdue(order.CorrelationId), _options.StockTimeLimit);
        await unit.Publish(new ReserveStock(order.CorrelationId, [.. order.Lines.Select(line => new StockLine(line.Sku, line.Quantity))]));
        await unit.Publish(order.ToOrderPlaced());
        unit.Rows.Add(order);
        unit.AfterCommit(() =>
        {
            OrderOfTrace.Became(OrderStatus.Placed);
            LogPlaced(order.CorrelationId, OrderStatus.Placed, order.Lines.Count, order.Total);
        });
    }
}
