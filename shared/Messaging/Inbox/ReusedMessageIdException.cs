namespace Shop.Messaging;

/// <summary>A message has the id of another message that had its effect. It must not be dropped, because it is no copy.</summary>
public sealed class ReusedMessageIdException(Guid messageId, string endpoint)
    : FormatException(
        $"Another message had its effect at {endpoint} under the id {messageId}. Whoever sends must give each message an id of its own.");
