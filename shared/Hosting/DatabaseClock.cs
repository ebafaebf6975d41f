using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Shop.Hosting;

/// <summary>
/// The time by the database's clock, the one clock that all replicas of a service share. Replicas compare each other's times, and need not
/// trust their machines' clocks. The database is asked every few seconds. In between, this machine's stopwatch counts.
/// </summary>
/// <remarks>
/// The error is at most half the time an answer took. After a standstill of the machine, it is also the missed time, until the next answer.
/// Before the first answer, the machine's clock counts.
/// </remarks>
/// <param name="database">Resolved when the process starts, so that other uses of a clock need no database.</param>
public sealed partial class DatabaseClock(
    Func<NpgsqlDataSource> database, ILogger<DatabaseClock> logger) : TimeProvider, IHostedService, IDisposable
{
    static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(2);

    // A slower answer is less exact than the stopwatch.
    static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource _stop = new();
    volatile Reading? _last;
    Task _reading = Task.CompletedTask;

    public override DateTimeOffset GetUtcNow() => _last is { } last ? last.Now + GetElapsedTime(last.At) : base.GetUtcNow();

    /// <summary>Waits for the first answer, but not for a database that is away.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var first = Read(_stop.Token);
        await Task.WhenAny(first, Task.Delay(_startLimit, System, cancellationToken));
        _reading = Task.Run(() => ReadOn(first, _stop.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _reading;
    }

    public void Dispose() => _stop.Dispose();

    async Task ReadOn(Task first, CancellationToken stopping)
    {
        await first;
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(_interval, System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Read(stopping);
        }
    }

    internal async Task Read(CancellationToken cancellation)
    {
        try
        {
            var asked = GetTimestamp();
            await using var command = database().CreateCommand("select clock_timestamp()");
            var now = (DateTime)(await command.ExecuteScalarAsync(cancellation))!;
            var took = GetElapsedTime(asked);
            if (took < _answerLimit || _last is null)
            {
                _last = new(new DateTimeOffset(now) + (took / 2), GetTimestamp());
            }
        }
        catch (Exception error)
        {
            // The next attempt may get an answer. The stopwatch stays right in the meantime.
            LogUnread(error.Message);
        }
    }

    sealed record Reading(DateTimeOffset Now, long At);

    [LoggerMessage(LogLevel.Debug, "The database's clock could not be read: {Reason}")]
    partial void LogUnread(string reason);
}
