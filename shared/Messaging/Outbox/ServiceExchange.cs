namespace Shop.Messaging;

/// <summary>
/// Beside the exchange of a message type, where anybody may listen who has the right, there is one that only the endpoints of services are
/// bound to. A publish is confirmed when every queue has taken the message; by this exchange that is said of ours alone.
/// </summary>
static class ServiceExchange
{
    const string Suffix = ":services";

    /// <returns>Null for an endpoint's own exchange: nobody else listens there.</returns>
    public static string? Beside(string exchange) => exchange.Contains(':') ? exchange + Suffix : null;

    public static string Of(Type message) => $"{message.Namespace}:{message.Name}{Suffix}";
}
