using System.Diagnostics;
using MassTransit;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>Compensation: whatever was taken for the order goes back, and nothing is taken any more.</summary>
sealed class RefundPaymentConsumer(PaymentDbContext db, PaymentWorker worker) : IConsumer<RefundPayment>
{
    public async Task Consume(ConsumeContext<RefundPayment> context)
    {
        var earlier = await db.Payments.FindAsync([context.Message.OrderId], context.CancellationToken);
        var (made, announcement) = Payment.Refund(context.Message, earlier);
        if (made is not null)
        {
            db.Add(made);
        }

        if (announcement is not null)
        {
            await context.Publish(announcement, context.CancellationToken);
        }
        else
        {
            (made ?? earlier)!.BelongsTo(Activity.Current);
            context.AfterCommit(worker.Wake);
        }
    }
}
