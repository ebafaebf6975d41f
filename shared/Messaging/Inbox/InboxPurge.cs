using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Messaging;

/// <summary>Forgets message ids after the retention time, in small steps that hold no lock for long.</summary>
sealed partial class InboxPurge<TDb>(
    NpgsqlDataSource database,
    IServiceScopeFactory scopes,
    IOptions<MessagingOptions> options,
    TimeProvider clock,
    ILogger<InboxPurge<TDb>> logger) : BackgroundService
    where TDb : DbContext
{
    const int StepRows = 5_000;
    static readonly TimeSpan _interval = TimeSpan.FromMinutes(10);

    /// <returns>How many rows one step removed.</returns>
    internal async Task<int> Step(CancellationToken cancellation)
    {
        using var scope = scopes.CreateScope();
        var inbox = MessagingTables.Of(scope.ServiceProvider.GetRequiredService<TDb>()).Inbox;
        await using var command = database.CreateCommand(
            $"""
            delete from {inbox} where ctid = any (array(
                select ctid from {inbox} where received_at < now() - $1 limit {StepRows}))
            """);
        command.Parameters.Add(new() { Value = TimeSpan.FromDays(options.Value.InboxRetentionDays) });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await Step(stoppingToken) == StepRows)
                {
                    await Task.Yield();
                }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Purging the inbox failed and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}
