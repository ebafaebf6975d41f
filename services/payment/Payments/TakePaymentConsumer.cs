using System.Diagnostics;
using MassTransit;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>
/// Writes down the intent to charge, and nothing else: the card network is called afterwards, outside of the transaction, by
/// <see cref="PaymentWorker"/>. A crash in between leaves an intent that any replica picks up.
/// </summary>
sealed partial class TakePaymentConsumer(PaymentDbContext db, PaymentWorker worker, ILogger<TakePaymentConsumer> logger)
    : IConsumer<TakePayment>
{
    public async Task Consume(ConsumeContext<TakePayment> context)
    {
        if (context.Message.Amount <= 0)
        {
            throw new InvalidMessageException(typeof(TakePayment), "the amount must be above zero.");
        }

        // What PaymentPreload has not found is not there; asking again would cost a round trip for each order.
        var earlier = db.Payments.Local.FindEntry(context.Message.OrderId)?.Entity;
        var (made, announcement) = Payment.Take(context.Message, earlier);
        if (made is not null)
        {
            made.BelongsTo(Activity.Current);
            db.Add(made);
            context.AfterCommit(worker.Wake);
            context.AfterCommit(() => LogIntended(made.OrderId, PaymentState.Pending, made.Amount));
        }

        if (announcement is not null)
        {
            await context.Publish(announcement, context.CancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Payment of order {OrderId} became {State}: {Amount} EUR")]
    partial void LogIntended(Guid orderId, PaymentState state, decimal amount);
}
