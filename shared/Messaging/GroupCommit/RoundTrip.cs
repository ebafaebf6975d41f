using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Shop.Messaging;

/// <summary>
/// Statements that go to the database together and are waited for once. Waiting costs more than the work: each wait is two
/// switches of process here, and two there.
/// </summary>
sealed class RoundTrip(DbContext db)
{
    readonly List<NpgsqlBatchCommand> _commands = [];
    readonly List<Func<NpgsqlDataReader, Task>> _readers = [];

    public bool IsEmpty => _commands is [];

    /// <summary>Adds a statement without rows.</summary>
    public void Add(NpgsqlBatchCommand command) => _commands.Add(command);

    /// <summary>Adds a statement with rows.</summary>
    /// <param name="read">Reads them.</param>
    public void Add(NpgsqlBatchCommand command, Func<NpgsqlDataReader, Task> read)
    {
        _commands.Add(command);
        _readers.Add(read);
    }

    /// <summary>Sends what was added, in its order, and returns when all of it is done and read.</summary>
    /// <param name="isUnlimited">True without a limit of time: nothing cancels it.</param>
    public async Task Send(bool isUnlimited = false)
    {
        if (IsEmpty)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(
            (NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction());
        _commands.ForEach(batch.BatchCommands.Add);
        if (isUnlimited)
        {
            batch.Timeout = 0;
        }

        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var read in _readers)
        {
            await read(reader);
            await reader.NextResultAsync();
        }

        // An error of what comes after the last rows is told here.
        while (await reader.NextResultAsync())
        {
        }
    }
}
