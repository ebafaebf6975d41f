using System.Diagnostics;
using System.Globalization;
using MassTransit;

namespace Shop.Messaging;

/// <summary>
/// Spans the handling of a delivery, all attempts and the commit, in the trace of its message; and before it the time the message
/// stood in the queue.
/// </summary>
sealed class ReceiveSpan(string endpoint) : IFilter<ReceiveContext>
{
    public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        var delivery = context.GetPayload<RabbitMqBasicConsumeContext>();
        var headers = DeliveryHeaders.Of(delivery.Properties);
        using var activity = MessageTrace.Start($"process {endpoint}", ActivityKind.Consumer, headers);
        if (activity is { IsAllDataRequested: true })
        {
            Describe(activity, delivery, headers, context);
        }

        try
        {
            await next.Send(context);
        }
        catch (Exception error)
        {
            activity?.AddException(error).SetStatus(ActivityStatusCode.Error, error.GetBaseException().Message);
            throw;
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("receiveSpan");

    void Describe(Activity activity, RabbitMqBasicConsumeContext delivery, Dictionary<string, string> headers, ReceiveContext context)
    {
        activity
            .SetTag("messaging.system", "rabbitmq")
            .SetTag("messaging.operation.type", "process")
            .SetTag("messaging.operation.name", "process")
            .SetTag("messaging.destination.name", endpoint)
            .SetTag("messaging.message.id", delivery.Properties.MessageId)
            .SetTag("messaging.message.body.size", context.Body.Length)
            .SetTag(MessageTrace.TypeTag, MessageTrace.TypeOf(headers));
        if (context.Redelivered)
        {
            activity.SetTag("shop.redelivered", true);
        }

        var sent = headers.GetValueOrDefault(MessageTrace.SentAtHeader);
        if (DateTimeOffset.TryParse(sent, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var sentAt))
        {
            MessageTrace.Waited(MessageTrace.ParentOf(activity), activity, "queue", sentAt, activity.StartTimeUtc);
        }
    }
}
