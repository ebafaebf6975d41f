using System.Globalization;
using System.Text.Json;
using MassTransit;

namespace Shop.Messaging;

/// <summary>A message that is held up, on its way back to its endpoint after a pause.</summary>
/// <param name="Attempts">How often that has happened to it by now.</param>
/// <param name="Age">Since the first time.</param>
sealed record LaterMessage(OutboxMessage Message, int Attempts, TimeSpan Age)
{
    const string AttemptsHeader = "shop-held-up";
    const string SinceHeader = "shop-held-up-since";

    static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    public static bool IsOne(ReceiveContext delivery) => DeliveryHeaders.Text(delivery, AttemptsHeader) is not "";

    public static LaterMessage Of(string endpoint, Guid messageId, ReceiveContext delivery)
    {
        var headers = DeliveryHeaders.Of(delivery.GetPayload<RabbitMqBasicConsumeContext>().Properties);
        var now = TimeProvider.System.GetUtcNow();
        _ = int.TryParse(headers.GetValueOrDefault(AttemptsHeader), CultureInfo.InvariantCulture, out var before);
        before = Math.Max(before, 0);
        var attempts = before + 1;
        var since = DateTimeOffset.TryParse(headers.GetValueOrDefault(SinceHeader), CultureInfo.InvariantCulture, out var first)
            ? first
            : now;
        headers[AttemptsHeader] = attempts.ToString(CultureInfo.InvariantCulture);
        headers[SinceHeader] = MessageTrace.Text(since);
        var pause = _firstPause * Math.Pow(2, Math.Min(before, 10));
        return new(
            new(
                messageId,
                endpoint,
                pause < _longestPause ? pause : _longestPause,
                JsonSerializer.Serialize(headers),
                delivery.Body.GetBytes()),
            attempts,
            now - since);
    }
}
