using MassTransit;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>
/// Compensation: whatever was taken for the order goes back, and nothing is taken any more. Overtaking its own TakePayment,
/// it leaves a tombstone that makes the late command harmless.
/// </summary>
sealed class RefundPaymentConsumer(PaymentDbContext db, PaymentWorker worker) : IConsumer<RefundPayment>
{
    public async Task Consume(ConsumeContext<RefundPayment> context)
    {
        var orderId = context.Message.OrderId;
        if (await db.Payments.FindAsync([orderId], context.CancellationToken) is not { } payment)
        {
            payment = Payment.Tombstone(orderId);
            db.Add(payment);
        }

        if (payment.GiveBack() is { } answer)
        {
            await context.Publish(answer, context.CancellationToken);
        }
        else
        {
            context.AfterCommit(worker.Wake);
        }
    }
}
