using System.Diagnostics;
using MassTransit;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>Compensation: whatever was taken for the order goes back, and nothing is taken any more.</summary>
sealed partial class RefundPaymentConsumer(PaymentDbContext db, PaymentWorker worker, ILogger<RefundPaymentConsumer> logger)
    : IConsumer<RefundPayment>
{
    public async Task Consume(ConsumeContext<RefundPayment> context)
    {
        // Only what PaymentPreload has locked: a row read without a lock may be leased to the other replica by the time it is written.
        var earlier = db.Payments.Local.FindEntry(context.Message.OrderId)?.Entity;
        var before = earlier?.State;
        var (made, announcement) = Payment.Refund(context.Message, earlier);
        var payment = (made ?? earlier)!;
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
            payment.BelongsTo(Activity.Current);
            context.AfterCommit(worker.Wake);
        }

        if (payment.State is var state && state != before)
        {
            context.AfterCommit(() => LogCalledOff(payment.OrderId, state, before?.ToString() ?? "nothing"));
        }
    }

    [LoggerMessage(LogLevel.Information, "Payment of order {OrderId} became {State}: called off, it was {Before}")]
    partial void LogCalledOff(Guid orderId, PaymentState state, string before);
}
