using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Shop.Messaging;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>How long an answer is kept for the repetition of its request.</summary>
public sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>After which an idempotency key is forgotten: a request that repeats it then is a new one.</summary>
    [Range(1, 3650)]
    public int KeyRetentionDays { get; init; } = 30;

    internal static PurgeRule Purge(IServiceProvider services) => new(
        $"{OrderingDbContext.Schema}.stored_answers",
        "stored_at",
        TimeSpan.FromDays(services.GetRequiredService<IOptions<IdempotencyOptions>>().Value.KeyRetentionDays));
}
