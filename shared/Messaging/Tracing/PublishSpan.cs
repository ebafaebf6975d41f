using System.Diagnostics;

namespace Shop.Messaging;

/// <summary>
/// Spans a message's way from its commit to the broker's confirmation, with the time it stood in the outbox. The receiver's spans hang
/// on it.
/// </summary>
readonly struct PublishSpan
{
    readonly Activity? _activity;

    PublishSpan(Activity? activity) => _activity = activity;

    /// <param name="headers">Those of the message; changed to carry on from this span.</param>
    public static PublishSpan Start(RelayRow row, Dictionary<string, string> headers)
    {
        using var _ = MessageTrace.Pinned();
        var activity = MessageTrace.Start($"publish {ShortName(row.Exchange)}", ActivityKind.Producer, headers, row.CreatedAt);
        if (activity is null)
        {
            return default;
        }

        if (activity.IsAllDataRequested)
        {
            var now = TimeProvider.System.GetUtcNow();
            activity
                .SetTag("messaging.system", "rabbitmq")
                .SetTag("messaging.operation.type", "send")
                .SetTag("messaging.operation.name", "publish")
                .SetTag("messaging.destination.name", row.Exchange)
                .SetTag("messaging.message.id", row.MessageId.ToString())
                .SetTag("messaging.message.body.size", row.Body.Length)
                .SetTag(MessageTrace.TypeTag, MessageTrace.TypeOf(headers));
            var committed = row.CreatedAt;
            if (row.DueAt > DateTime.MinValue)
            {
                MessageTrace.Waited(activity.Context, activity, "schedule", committed, row.DueAt);
                committed = row.DueAt;
            }

            MessageTrace.Waited(activity.Context, activity, "outbox", committed, now);
            MessageTrace.Inject(activity, headers);
            headers[MessageTrace.SentAtHeader] = MessageTrace.Text(now);
        }
        else
        {
            MessageTrace.Inject(activity, headers);
        }

        return new(activity);
    }

    // Without the part of the namespace that all have in common.
    static string ShortName(string exchange) => exchange[(exchange.LastIndexOf('.') + 1)..];

    public void Confirmed() => MessageTrace.End(_activity);

    public void Refused(string reason)
    {
        _activity?.SetStatus(ActivityStatusCode.Error, reason);
        MessageTrace.End(_activity);
    }
}
