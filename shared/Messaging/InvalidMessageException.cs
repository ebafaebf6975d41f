namespace Shop.Messaging;

/// <summary>A message that can never be handled, whoever tries and however often: it becomes a dead letter at once.</summary>
public sealed class InvalidMessageException(Type messageType, string reason) : FormatException($"{messageType.Name}: {reason}");
