using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Messaging;

/// <summary>Rows that may be forgotten. Services register their own; those of the messaging tables are always there.</summary>
/// <param name="Table">As SQL names it, with its schema.</param>
/// <param name="Since">The column, or expression, from which a row's age is counted; null keeps the row.</param>
/// <param name="Retention">Age after which a row goes.</param>
/// <param name="Unless">A condition that keeps a row however old it is; null if there is none.</param>
public sealed record PurgeRule(string Table, string Since, TimeSpan Retention, string? Unless = null);

/// <summary>
/// Forgets what is older than its retention time, in small steps that hold no lock for long. Of several replicas one is at it at a time.
/// </summary>
sealed partial class Purge<TDb>(
    NpgsqlDataSource database,
    IServiceScopeFactory scopes,
    IEnumerable<PurgeRule> rules,
    IOptions<MessagingOptions> options,
    TimeProvider clock,
    ILogger<Purge<TDb>> logger) : BackgroundService
    where TDb : DbContext
{
    const int StepRows = 5_000;
    static readonly TimeSpan _interval = TimeSpan.FromMinutes(10);

    internal IReadOnlyList<PurgeRule> Rules { get; } = [.. OwnRules(scopes, options.Value), .. rules];

    /// <returns>How many rows one step removed; none if another replica is at the same table.</returns>
    internal async Task<int> Step(PurgeRule rule, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            with turn as materialized (select pg_try_advisory_xact_lock(hashtextextended('purge of ' || $2, 0)) as ours)
            delete from {rule.Table} where ctid = any (array(
                select ctid from {rule.Table} where {rule.Since} < now() - $1 and not ({rule.Unless ?? "false"}) and (select ours from turn) limit {StepRows}))
            """);
        command.Parameters.Add(new() { Value = rule.Retention });
        command.Parameters.Add(new() { Value = rule.Table });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var rule in Rules)
            {
                await All(rule, stoppingToken);
            }
        }
    }

    static PurgeRule[] OwnRules(IServiceScopeFactory scopes, MessagingOptions options)
    {
        using var scope = scopes.CreateScope();
        var tables = MessagingTables.Of(scope.ServiceProvider.GetRequiredService<TDb>());
        return
        [
            new(
                tables.Inbox,
                "received_at",
                TimeSpan.FromDays(options.InboxRetentionDays),
                // The inbox row stays while its dead letter can be replayed, because a copy of the message has had its effect or may have
                // it then.
                $"""
                (message_id, endpoint) in (
                    select message_id, endpoint from {tables.DeadLetters} where message_id is not null
                    union all
                    select md5(id)::uuid, endpoint from {tables.DeadLetters})
                """),
            new(tables.Accounts, "to_timestamp(hour * 3600.0)", Tally.Retention),
            new(
                tables.DeadLetters,
                "case when status <> 'Waiting' then decided_at end",
                TimeSpan.FromDays(options.DeadLetterRetentionDays)),
        ];
    }

    async Task All(PurgeRule rule, CancellationToken stopping)
    {
        try
        {
            while (await Step(rule, stopping) == StepRows)
            {
                await Task.Yield();
            }
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            LogFailed(rule.Table, error.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Purging {Table} failed and will be tried again: {Reason}")]
    partial void LogFailed(string table, string reason);
}
