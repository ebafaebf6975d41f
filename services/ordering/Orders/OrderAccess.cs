using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>Who may see which order.</summary>
static class OrderAccess
{
    /// <summary>Customers see their own orders, staff sees all.</summary>
    public static IQueryable<Order> VisibleTo(this IQueryable<Order> orders, ClaimsPrincipal user)
    {
        if (user.IsStaff())
        {
            return orders;
        }

        var customer = user.CustomerId();
        return orders.Where(order => order.CustomerId == customer);
    }

    /// <returns>Null also for another customer's order, so that the answer does not tell whether it exists.</returns>
    public static Task<Order?> FindOrder(
        this OrderingDbContext db, Guid id, ClaimsPrincipal user, CancellationToken cancellation) =>
        db.Orders.AsNoTracking().VisibleTo(user).FirstOrDefaultAsync(order => order.CorrelationId == id, cancellation);
}
