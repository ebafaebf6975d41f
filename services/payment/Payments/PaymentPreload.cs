using Microsoft.EntityFrameworkCore;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>Locks the payments a batch is about.</summary>
sealed class PaymentPreload : IPreload<PaymentDbContext>
{
    public async Task Load(PaymentDbContext db, IReadOnlyCollection<object> messages, CancellationToken cancellation)
    {
        if (messages.Select(OrderIdOf).OfType<Guid>().Distinct().ToArray() is { Length: > 0 } orders)
        {
            await db.Payments
                .FromSql($"select *, xmin from payment.payments where order_id = any ({orders}) order by order_id for update")
                .LoadAsync(cancellation);
        }
    }

    static Guid? OrderIdOf(object message) => message switch
    {
        TakePayment take => take.OrderId,
        RefundPayment refund => refund.OrderId,
        PaymentWorker.Outcome outcome => outcome.OrderId,
        _ => null,
    };
}
