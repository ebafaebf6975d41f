using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Payment.Reconciliation;

/// <summary>How far the replica that sweeps has come.</summary>
sealed record SweepPosition(long Fence, DateTimeOffset? ReadUntil, string? ReadUntilId);

/// <summary>
/// Lets one replica sweep at a time. A lease has an end by the database's clock and a fencing number, and needs no session.
/// </summary>
sealed class SweepLease(NpgsqlDataSource database, IOptions<ReconciliationOptions> options)
{
    /// <returns>Null if another replica sweeps, or it is too early.</returns>
    public Task<SweepPosition?> Take(CancellationToken cancellation) => Write(
        "update payment.sweep set due_at = now() + @time, fence = fence + 1 where due_at <= now() returning fence, read_until, read_until_id",
        options.Value.LeaseTime,
        null,
        cancellation);

    /// <summary>Remembers how far it has come, and keeps the lease.</summary>
    /// <returns>Null if another replica has taken over.</returns>
    public Task<SweepPosition?> Advance(SweepPosition position, CancellationToken cancellation) => Write(
        "update payment.sweep set due_at = now() + @time, read_until = @until, read_until_id = @id where fence = @fence returning fence, read_until, read_until_id",
        options.Value.LeaseTime,
        position,
        cancellation);

    /// <param name="isComplete">True if the ledger has been read to its end.</param>
    public Task End(SweepPosition position, bool isComplete, CancellationToken cancellation) => Write(
        $"update payment.sweep set due_at = now() + @time{(isComplete ? ", swept_at = now()" : "")} where fence = @fence returning fence, read_until, read_until_id",
        options.Value.Interval,
        position,
        cancellation);

    /// <summary>Orders whose payment was given up because the ledger had no charge, and about which it is to be asked again.</summary>
    public Task<IReadOnlyList<string>> LooksDue(int limit, CancellationToken cancellation) => References(
        "select order_id::text from payment.payments where look_again_at <= now() order by look_again_at limit @limit",
        limit,
        cancellation);

    /// <summary>The references of the known differences.</summary>
    public Task<IReadOnlyList<string>> Differences(int limit, CancellationToken cancellation) => References(
        "select reference from payment.differences group by reference order by min(checked_at) limit @limit", limit, cancellation);

    async Task<SweepPosition?> Write(string sql, TimeSpan time, SweepPosition? position, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new("time", time));
        command.Parameters.Add(new("fence", position?.Fence ?? 0));
        command.Parameters.Add(new("until", NpgsqlTypes.NpgsqlDbType.TimestampTz) { Value = (object?)position?.ReadUntil ?? DBNull.Value });
        command.Parameters.Add(new("id", NpgsqlTypes.NpgsqlDbType.Text) { Value = (object?)position?.ReadUntilId ?? DBNull.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new(
                reader.GetInt64(0),
                reader.IsDBNull(1) ? null : reader.GetFieldValue<DateTimeOffset>(1),
                reader.IsDBNull(2) ? null : reader.GetString(2))
            : null;
    }

    async Task<IReadOnlyList<string>> References(string sql, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new("limit", limit));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var references = new List<string>();
        while (await reader.ReadAsync(cancellation))
        {
            references.Add(reader.GetString(0));
        }

        return references;
    }
}
