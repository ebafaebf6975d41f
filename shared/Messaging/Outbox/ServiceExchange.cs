namespace Shop.Messaging;

/// <summary>
/// A second exchange of a message type, to which only endpoints of services are bound. Subscribers bind to the first one. A publish is
/// confirmed when every queue has taken the message, so a confirm of this exchange is about the services alone.
/// </summary>
static class ServiceExchange
{
    const string Suffix = ":services";

    /// <returns>Null for an endpoint's own exchange: nobody else listens there.</returns>
    public static string? Beside(string exchange) => exchange.Contains(':') ? exchange + Suffix : null;

    public static string Of(Type message) => $"{message.Namespace}:{message.Name}{Suffix}";
}
