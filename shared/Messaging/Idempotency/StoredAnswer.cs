using System.Text.Json;

namespace Shop.Messaging;

/// <summary>
/// What a request with an idempotency key was answered. Written in the transaction of its effect, so a key is used up
/// exactly by a success. (IETF draft "The Idempotency-Key HTTP Header Field".)
/// </summary>
public sealed class StoredAnswer
{
    internal const string Table = "stored_answers";

    /// <summary>Customer or staff: see <see cref="AnswerKey"/>.</summary>
    public required string CustomerId { get; init; }

    public required string IdempotencyKey { get; init; }

    /// <summary>Tells the same request from another one under the same key: a <see cref="RequestFingerprint"/>.</summary>
    public required string RequestHash { get; init; }

    /// <summary>The response's status. Null if a route has only one, as all of ordering's have.</summary>
    public int? Status { get; init; }

    /// <summary>The response body as JSON.</summary>
    public required string Answer { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>The response body.</summary>
    public T Body<T>() => JsonSerializer.Deserialize<T>(Answer, JsonSerializerOptions.Web)!;
}
