namespace Shop.Messaging;

/// <summary>A message has the id of another message that had its effect. It is no copy, so it must not be dropped as one.</summary>
public sealed class ReusedMessageIdException(Guid messageId, string endpoint)
    : FormatException(
        $"Another message had its effect at {endpoint} under the id {messageId}. Whoever sends must give each message an id of its own.");
