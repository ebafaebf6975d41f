using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Shop.Messaging;

/// <summary>How long an answer is kept for the repetition of its request.</summary>
public sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>After which an idempotency key is forgotten: a request that repeats it then is a new one.</summary>
    [Range(1, 3650)]
    public int KeyRetentionDays { get; init; } = 30;

    internal static PurgeRule Purge<TDb>(IServiceProvider services) where TDb : DbContext
    {
        using var scope = services.CreateScope();
        return new(
            $"\"{scope.ServiceProvider.GetRequiredService<TDb>().Model.GetDefaultSchema()}\".{StoredAnswer.Table}",
            "stored_at",
            TimeSpan.FromDays(services.GetRequiredService<IOptions<IdempotencyOptions>>().Value.KeyRetentionDays));
    }
}
