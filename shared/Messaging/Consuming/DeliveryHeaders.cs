using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace Shop.Messaging;

/// <summary>The headers a message was sent with, as texts.</summary>
static class DeliveryHeaders
{
    const string BrokerPrefix = "x-";

    public static Dictionary<string, string> Of(IReadOnlyBasicProperties properties)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, value) in properties.Headers ?? new Dictionary<string, object?>())
        {
            var text = value switch
            {
                // What the broker itself adds, such as delivery counts, says nothing about the message.
                _ when name.StartsWith(BrokerPrefix, StringComparison.OrdinalIgnoreCase) => null,
                byte[] bytes => Encoding.UTF8.GetString(bytes),
                IConvertible scalar => Convert.ToString(scalar, CultureInfo.InvariantCulture),
                _ => null,
            };
            if (text is not null)
            {
                texts[name] = text;
            }
        }

        return texts;
    }
}
