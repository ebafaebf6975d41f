namespace Shop.Messaging;

/// <summary>The events that nobody has to listen to, by the exchanges MassTransit names after them.</summary>
sealed class Announcements(IEnumerable<Type> events)
{
    readonly HashSet<string> _exchanges = [.. events.Select(type => $"{type.Namespace}:{type.Name}")];

    public IEnumerable<string> Exchanges => _exchanges;

    public bool Include(string exchange) => _exchanges.Contains(exchange);
}
