using System.Globalization;
using System.Text.Json;
using MassTransit;
using MassTransit.Middleware;

namespace Shop.Messaging;

/// <summary>
/// Stands where MassTransit would hand a message to the transport, and keeps it for the outbox instead: the body as it
/// will go over the wire, and the headers that carry its type, correlation and trace context.
/// </summary>
/// <remarks>
/// Ids are made here and not by MassTransit, whose NewId tells processes apart by network address and process id: in containers many
/// have both in common, and make equal ids for different messages.
/// </remarks>
sealed class OutboxCapture(Outgoing outgoing, IServiceProvider services, Guid conversationId, object work) : OutboxSendContext
{
    public object? GetService(Type serviceType) => services.GetService(serviceType);

    public Task AddSend<T>(SendContext<T> context) where T : class
    {
        var messageId = Guid.NewGuid();
        context.MessageId = messageId;
        if (context.Delay is not null)
        {
            context.ScheduledMessageId = messageId;
            context.Headers.Set(MessageHeaders.SchedulingTokenId, messageId.ToString("D"));
        }

        var account = MessageAccount.Now(string.Join(';', context.SupportedMessageTypes));
        // The body first: a serializer may add headers while it writes.
        var body = context.Serializer.GetMessageBody(context).GetBytes();
        outgoing.Add(new(messageId, ExchangeOf(context), context.Delay, HeadersOf(context, account), body, account, work));
        return Task.CompletedTask;
    }

    static string ExchangeOf(SendContext context) =>
        context.TryGetPayload<RabbitMqSendContext>(out var rabbit)
            ? rabbit.Exchange
            : Uri.UnescapeDataString(context.DestinationAddress!.Segments[^1]);

    string HeadersOf(SendContext context, MessageAccount account)
    {
        var headers = new Dictionary<string, string>();
        foreach (var (name, value) in context.Headers.GetAll())
        {
            if (Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text)
            {
                headers[name] = text;
            }
        }

        MessageTrace.Inject(headers);
        headers[MessageHeaders.MessageId] = context.MessageId!.Value.ToString();
        headers[MessageHeaders.MessageType] = string.Join(';', context.SupportedMessageTypes);
        headers[MessageAccount.Header] = account.HeaderValue;
        headers[MessageHeaders.ConversationId] = conversationId.ToString();
        if (context.CorrelationId is { } correlation)
        {
            headers[MessageHeaders.CorrelationId] = correlation.ToString();
        }

        return JsonSerializer.Serialize(headers);
    }
}
