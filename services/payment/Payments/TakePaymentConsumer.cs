using System.Diagnostics;
using MassTransit;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>
/// Stores the intent to charge, and leases it for its first attempt. <see cref="PaymentWorker"/> calls the payment provider afterwards,
/// outside of the transaction. A crash in between leaves an intent that any replica picks up.
/// </summary>
sealed partial class TakePaymentConsumer(Rows<PaymentDbContext> rows, PaymentWorker worker, ILogger<TakePaymentConsumer> logger)
    : IConsumer<TakePayment>, INeedRows<TakePayment>
{
    public static void Need(TakePayment message, NeededRows rows) => rows.Lock<PaymentIntent>(message.OrderId);

    public async Task Consume(ConsumeContext<TakePayment> context)
    {
        if (context.Message.Amount <= 0)
        {
            throw new InvalidMessageException(typeof(TakePayment), "the amount must be above zero.");
        }

        var earlier = rows.Find<PaymentIntent>(context.Message.OrderId);
        var decision = PaymentIntent.Take(context.Message, earlier);
        if (decision.Created is { } payment)
        {
            payment.BelongsTo(Activity.Current);
            rows.Add(payment);
            context.AfterCommit(worker.Begin(payment));
            context.AfterCommit(() => LogIntended(payment.OrderId, PaymentState.Pending, payment.Amount));
        }

        if (decision.Event is { } answer)
        {
            await context.Publish(answer.Message, context.CancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Payment of order {OrderId} became {State}: {Amount} EUR")]
    partial void LogIntended(Guid orderId, PaymentState state, decimal amount);
}
