using System.Diagnostics;
using HdrHistogram;
using Npgsql;
using Shop.Chaos.Auditing;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Load;

/// <summary>One load run from the first request to the end of the last order.</summary>
/// <param name="subject">Null for the shop.</param>
public sealed class LoadRun(Checkout checkout, LoadOptions options, LoadSubject? subject = null)
{
    static readonly TimeSpan _endLimit = TimeSpan.FromMinutes(3);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(200);
    const long HighestMicroseconds = 600_000_000;

    readonly LoadSubject _subject = subject ?? LoadSubject.Shop;

    /// <param name="progress">Called every second with the seconds so far, the requests sent and the orders accepted.</param>
    public async Task<LoadResult> Run(Action<int, int, int> progress, CancellationToken cancellation)
    {
        // One that the subject brings along is whoever's who made it.
        using var ours = _subject.Taker is null ? new HttpOrders(checkout, options) : null;
        var generator = new LoadGenerator(options, _subject.Taker ?? ours!);
        var duplicates = await UnexplainedDuplicates(cancellation);
        var before = await Usage.Read(checkout, _subject, cancellation);
        var clock = Stopwatch.StartNew();
        var running = generator.Run(cancellation);
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(1), cancellation));
            progress((int)clock.Elapsed.TotalSeconds, generator.Sent, generator.Accepted.Count);
        }

        await running;
        var sending = clock.Elapsed;
        var ends = await WaitForEnds(generator, cancellation);
        var completing = clock.Elapsed;
        var after = await Usage.Read(checkout, _subject, cancellation);
        duplicates = await UnexplainedDuplicates(cancellation) - duplicates;
        return Result(generator, ends, duplicates, sending, completing, before, after);
    }

    LoadResult Result(
        LoadGenerator generator, IReadOnlyList<End> ends, long duplicates, TimeSpan sending, TimeSpan completing, Usage before, Usage after)
    {
        var accepted = Math.Max(1, generator.Accepted.Count);
        var completion = new LongHistogram(HighestMicroseconds, 3);
        foreach (var end in ends.Where(end => end.After is not null))
        {
            completion.RecordValue(Math.Clamp((long)end.After!.Value.TotalMicroseconds, 0, HighestMicroseconds));
        }

        return new(
            generator.Sent,
            generator.Accepted.Count,
            generator.Refused,
            ends.CountBy(end => end.Status).ToDictionary(),
            generator.Accepted.Count - ends.Count,
            Unexplained(ends, options.Payment),
            duplicates,
            Math.Round(generator.Accepted.Count / sending.TotalSeconds, 1),
            Math.Round(ends.Count(end => end.After is not null) / completing.TotalSeconds, 1),
            generator.Acceptance.TotalCount > 0 ? Percentiles.Of(generator.Acceptance) : null,
            completion.TotalCount > 0 ? Percentiles.Of(completion) : null,
            after.CpuMilliseconds.ToDictionary(
                process => process.Key,
                process => Math.Round((process.Value - before.CpuMilliseconds.GetValueOrDefault(process.Key)) / accepted, 3)),
            Math.Round((after.Transactions - before.Transactions) / (double)accepted, 2),
            Math.Round((after.RowsWritten - before.RowsWritten) / (double)accepted, 2),
            Math.Round((after.WriteAheadLogBytes - before.WriteAheadLogBytes) / (double)accepted, 0));
    }

    Task<long> UnexplainedDuplicates(CancellationToken cancellation) =>
        _subject.CountsDuplicates ? Duplicates.Unexplained(checkout, cancellation) : Task.FromResult(0L);

    /// <param name="After">From acceptance to the terminal step, by ordering's clock; null if it has not ended.</param>
    internal sealed record End(string Status, string? Reason, TimeSpan? After);

    // The ends come from the database, because asking the API for thousands of orders would be a load of its own.
    async Task<IReadOnlyList<End>> WaitForEnds(LoadGenerator generator, CancellationToken cancellation)
    {
        var ids = generator.Accepted.ToArray();
        await using var connection = await Databases.Of(checkout).OpenToRead(_subject.Database, cancellation);
        await Poll.Until(async () => await Unfinished(connection, cancellation) == 0, _endLimit, _pollInterval, cancellation);

        await using var command = new NpgsqlCommand(
            $"""
            select status, reason, case when status in ('Confirmed', 'Cancelled') then (timeline->-1->>'at')::timestamptz - placed_at end
            from {_subject.Orders} where id = any ($1)
            """,
            connection) { Parameters = { new() { Value = ids } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var ends = new List<End>();
        while (await reader.ReadAsync(cancellation))
        {
            ends.Add(new(
                reader.GetString(0),
                reader.IsDBNull(1) ? null : reader.GetString(1),
                reader.IsDBNull(2) ? null : reader.GetTimeSpan(2)));
        }

        return ends;
    }

    /// <summary>
    /// In a load run nobody cancels and there is plenty of stock, so only the payment token explains an end. An order that has not ended is
    /// unexplained too.
    /// </summary>
    /// <returns>The number of orders that their payment token does not explain, by reason.</returns>
    internal static Dictionary<string, int> Unexplained(IEnumerable<End> ends, string payment) => ends
        .Select(end =>
            end.After is null ? "not ended"
            : Endings.HasItsReason(end.Reason, payment, isScarce: false, isCancelled: false) ? null
            : end.Reason)
        .OfType<string>().CountBy(reason => reason).ToDictionary();

    async Task<long> Unfinished(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"select count(*) from {_subject.Orders} where status not in ('Confirmed', 'Cancelled')", connection);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
