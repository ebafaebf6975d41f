using System.Diagnostics;
using OpenTelemetry;

namespace Shop.Hosting;

/// <summary>
/// Tags each span with its order. The order's id travels with the trace as baggage, from message to message, and is copied to every span
/// that begins under it.
/// </summary>
public static class OrderOfTrace
{
    /// <summary>The attribute of spans, and the key of the baggage.</summary>
    public const string Key = "shop.order.id";

    const string Status = "shop.order.status";
    const string Reason = "shop.order.reason";

    /// <summary>Makes this order the order of the current trace.</summary>
    public static void Begin(Guid orderId) => Activity.Current?.SetBaggage(Key, orderId.ToString()).SetTag(Key, orderId.ToString());

    /// <summary>Says on the current span what it made of its order.</summary>
    /// <param name="reason">Why the order is cancelled; null while it is not.</param>
    public static void Became(string status, string? reason = null) => Activity.Current?.SetTag(Status, status).SetTag(Reason, reason);

    /// <summary>Which order a span is about; null if it does not say.</summary>
    internal static string? Of(Activity span) => span.GetBaggageItem(Key) ?? span.GetTagItem(Key) as string;

    // A request for /orders/{id}, or one that was answered with the address of a new order.
    internal static void Tag(Activity activity, string? path)
    {
        if (activity.GetTagItem(Key) is null && path?.Split('/') is ["", "orders", var id, ..] && Guid.TryParse(id, out var orderId))
        {
            activity.SetTag(Key, orderId.ToString());
        }
    }

    internal sealed class FromBaggage : BaseProcessor<Activity>
    {
        public override void OnStart(Activity data)
        {
            if (data.GetBaggageItem(Key) is { } orderId)
            {
                data.SetTag(Key, orderId);
            }
        }
    }
}
