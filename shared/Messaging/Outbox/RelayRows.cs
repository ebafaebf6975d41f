using System.Diagnostics;
using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// Which rows a relay publishes next: those that its process has just committed come from memory. The table is looked at now and then, for
/// all others, and to delete what is out.
/// </summary>
sealed class RelayRows(NpgsqlDataSource database, MessagingTables tables, long owner, MessagingOptions options)
{
    const int FreshRowsMax = 10_000;
    static readonly TimeSpan _adoptionInterval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan _writingTimeLimit = TimeSpan.FromSeconds(5);

    readonly RelayStore _store = new(database, tables, owner);
    readonly RelayLease _lease = new(database, tables, owner);
    readonly BrokerAnswers _answers = new(new RelayStore(database, tables, owner));
    // Rows that are still there and may have been published before, by us or by whom we have them from.
    readonly HashSet<long> _repeated = [];
    readonly Stopwatch _sinceHold = new();
    readonly Stopwatch _sinceLook = new();

    public FreshRows Fresh { get; } = new(FreshRowsMax);

    /// <summary>Takes the lease. Without it the rows were anybody's, so the table tells which are ours.</summary>
    public async Task Begin(CancellationToken stopping)
    {
        await Hold(stopping);
        Fresh.Clear();
        await _lease.ForgetEnded(stopping);
    }

    /// <summary>Renews the lease.</summary>
    public async Task Hold(CancellationToken stopping)
    {
        await _lease.Hold(stopping);
        _sinceHold.Restart();
    }

    /// <param name="deadlines">False: no deadlines that count from a confirmation.</param>
    public async Task<IReadOnlyList<RelayRow>> Next(bool deadlines, CancellationToken stopping)
    {
        var isTimeToLook = _sinceLook.ElapsedMilliseconds >= options.RelayPollMilliseconds || _answers.Rows.Count >= options.RelayBatchSize;
        var rows = Fresh.TakeIncomplete() || isTimeToLook ? await Look(deadlines, stopping) : [];
        if (rows is [])
        {
            rows = Fresh.Take(options.RelayBatchSize);
        }

        // A process that stood still wakes up here with rows that are another's by now.
        if (_sinceHold.Elapsed >= RelayLease.LeaseTime)
        {
            Fresh.Clear();
            return [];
        }

        return [.. rows.Select(row => row with { IsRepeated = !_repeated.Add(row.Seq) })];
    }

    /// <summary>Notes what the broker has said.</summary>
    public async Task Published(IReadOnlyList<RelayRow> rows, PublishOutcome outcome)
    {
        _answers.Add(rows, outcome);
        _repeated.ExceptWith(rows.Except(outcome.Refused.Select(refusal => refusal.Row)).Select(row => row.Seq));
        if (outcome.Refused is not [])
        {
            await WriteAnswers();
        }
    }

    /// <summary>Renews the lease from time to time, and takes over rows of replicas that are gone.</summary>
    /// <returns>How many rows that were; null if it was not time.</returns>
    public async Task<int?> Renew(CancellationToken stopping)
    {
        if (_sinceHold.Elapsed <= _adoptionInterval)
        {
            return null;
        }

        await Hold(stopping);
        var adopted = await _lease.Adopt(_repeated, stopping);
        if (adopted > 0)
        {
            Fresh.IsIncomplete();
        }

        return adopted;
    }

    /// <inheritdoc cref="RelayStore.PutOffDeadlines"/>
    public Task PutOffDeadlines(CancellationToken stopping) => _store.PutOffDeadlines(stopping);

    /// <inheritdoc cref="RelayStore.CountOverdue"/>
    public Task<long> CountOverdue(CancellationToken stopping) => _store.CountOverdue(stopping);

    /// <summary>Deletes what is out, and leaves the rest to the others.</summary>
    public async Task Leave()
    {
        try
        {
            await WriteAnswers();
        }
        finally
        {
            using var patience = new CancellationTokenSource(_writingTimeLimit);
            await _lease.Release(patience.Token);
        }
    }

    async Task<IReadOnlyList<RelayRow>> Look(bool deadlines, CancellationToken stopping)
    {
        await WriteAnswers();
        var due = await _store.Due(options.RelayBatchSize, [.. _answers.Rows, .. Fresh.Waiting], deadlines, stopping);
        _sinceLook.Restart();
        if (due.Count >= options.RelayBatchSize)
        {
            Fresh.IsIncomplete();
        }

        return Fresh.WithoutHandedOver(due);
    }

    // Even while the process is being stopped: it saves the receivers a duplicate.
    async Task WriteAnswers()
    {
        using var patience = new CancellationTokenSource(_writingTimeLimit);
        await _answers.Write(patience.Token);
    }
}
