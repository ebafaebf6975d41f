using System.Diagnostics;
using MassTransit;
using Shop.Contracts.Payment;
using Shop.Messaging;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>Compensation: money that was taken for the order goes back, and nothing is taken any more.</summary>
sealed partial class RefundPaymentConsumer(Rows<PaymentDbContext> rows, PaymentWorker worker, ILogger<RefundPaymentConsumer> logger)
    : IConsumer<RefundPayment>, INeedRows<RefundPayment>
{
    public static void Need(RefundPayment message, NeededRows rows) => rows.Lock<PaymentIntent>(message.OrderId);

    public async Task Consume(ConsumeContext<RefundPayment> context)
    {
        var earlier = rows.Find<PaymentIntent>(context.Message.OrderId);
        var before = earlier?.State;
        var decision = PaymentIntent.Refund(context.Message, earlier);
        var payment = (decision.Created ?? earlier)!;
        if (decision.Created is not null)
        {
            rows.Add(decision.Created);
        }

        if (decision.Event is { } answer)
        {
            await context.Publish(answer.Message, context.CancellationToken);
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
