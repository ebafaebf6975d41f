using System.Globalization;
using System.Text;
using MassTransit;
using RabbitMQ.Client;

namespace Shop.Messaging;

/// <summary>The headers a message was sent with, as texts.</summary>
static class DeliveryHeaders
{
    const string BrokerPrefix = "x-";

    /// <summary>One of them; empty if it is not there.</summary>
    public static string Text(ReceiveContext context, string name) =>
        context.GetPayload<RabbitMqBasicConsumeContext>().Properties.Headers?.TryGetValue(name, out var value) is true
            ? Text(value) ?? ""
            : "";

    public static Dictionary<string, string> Of(IReadOnlyBasicProperties properties)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, value) in properties.Headers ?? new Dictionary<string, object?>())
        {
            // Headers that the broker adds, such as delivery counts, are left out.
            if (!name.StartsWith(BrokerPrefix, StringComparison.OrdinalIgnoreCase) && Text(value) is { } text)
            {
                texts[name] = text;
            }
        }

        return texts;
    }

    static string? Text(object? value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        IConvertible scalar => Convert.ToString(scalar, CultureInfo.InvariantCulture),
        _ => null,
    };
}
