using Npgsql;

namespace Shop.Hosting;

/// <summary>
/// One transaction's COMMIT. It is never cancelled: it has no time limit and no cancellation token, because PostgreSQL
/// answers a COMMIT whose wait for the synchronous standby was cancelled with success, though one disk alone has it. The wait lasts as long
/// as the server works on it. If the server is gone, the outcome is unknown.
/// </summary>
/// <param name="onWait">Called at each look with what an unanswered COMMIT waits for.</param>
public sealed class Commit(NpgsqlDataSource database, Action<string>? onWait = null)
{
    // The time is longer than a working disk or standby takes.
    static readonly TimeSpan _lookInterval = TimeSpan.FromSeconds(3);
    const int LookSeconds = 3;
    const int FailedLooksMax = 2;

    /// <summary>
    /// This belongs into the first statement of a transaction. Behind a pooler, the server's process is another one each time. A role's
    /// settings must not hide the server's warnings about a COMMIT.
    /// </summary>
    public const string Opening = "set_config('client_min_messages', 'warning', true), pg_backend_pid()";

    public const string Statement = "commit";

    int _backend;
    int _failedLooks;

    /// <summary>True once the transaction may have its effect.</summary>
    public bool IsSent { get; private set; }

    /// <summary>True if the transaction is where it should be: on every disk that the server waits for.</summary>
    public bool IsAcknowledged { get; private set; }

    /// <summary>Runs work in a transaction of its own.</summary>
    /// <param name="cancellation">Holds until the COMMIT is sent.</param>
    /// <exception cref="UnknownOutcomeException">Nobody can tell whether it was committed.</exception>
    public static async Task<T> InTransaction<T>(
        NpgsqlDataSource database, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation)
    {
        var commit = new Commit(database);
        return await commit.Watch(Attempt());

        async Task<T> Attempt()
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using (var opening = new NpgsqlCommand($"select {Opening}", connection))
            await using (var reader = await opening.ExecuteReaderAsync(cancellation))
            {
                await reader.ReadAsync(cancellation);
                commit.IsBy(reader.GetInt32(1));
            }

            var result = await work(connection);
            await commit.Send(connection);
            return result;
        }
    }

    /// <param name="backend">The number of the server's process that has the transaction.</param>
    public void IsBy(int backend) => _backend = backend;

    /// <summary>Commits what is open on the connection.</summary>
    /// <exception cref="UnknownOutcomeException">It was not acknowledged.</exception>
    /// <exception cref="PostgresException">The server has refused, and rolled back.</exception>
    public Task Send(NpgsqlConnection connection) => Send(connection, async () =>
    {
        // No limit of its own, and none that cancels: see above.
        await using var command = new NpgsqlCommand(Statement, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    });

    /// <summary>Commits together with what is still to be written.</summary>
    /// <param name="send">
    /// Sends the last statements of the transaction, with <see cref="Statement"/> at their end, under no limit of time.
    /// </param>
    /// <exception cref="UnknownOutcomeException">It was not acknowledged.</exception>
    /// <exception cref="PostgresException">The server has refused, and rolled back.</exception>
    public async Task Send(NpgsqlConnection connection, Func<Task> send)
    {
        string? warning = null;
        void Note(object sender, NpgsqlNoticeEventArgs said) =>
            warning ??= said.Notice.InvariantSeverity == "WARNING" ? said.Notice.MessageText : null;

        connection.Notice += Note;
        try
        {
            IsSent = true;
            await send();
        }
        catch (Exception error) when (!IsRefusal(error))
        {
            throw new UnknownOutcomeException("The database has not answered whether it has committed.", error);
        }
        finally
        {
            connection.Notice -= Note;
        }

        // Any warning counts, in any language, because a COMMIT without a problem has none.
        if (warning is not null)
        {
            throw new UnknownOutcomeException($"The database has committed with a warning: {warning}");
        }

        IsAcknowledged = true;
    }

    /// <summary>Waits for a transaction that ends with a COMMIT of this class. The wait ends if its server is gone.</summary>
    public async Task<T> Watch<T>(Task<T> transaction)
    {
        while (true)
        {
            try
            {
                return await transaction.WaitAsync(_lookInterval);
            }
            catch (TimeoutException) when (!transaction.IsCompleted)
            {
                if (IsSent && await IsLost())
                {
                    // The connection is not closed, because a proper close would wait for the answer or cancel.
                    _ = transaction.ContinueWith(
                        late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    throw new UnknownOutcomeException(
                        "The database has lost the transaction before it has answered whether it has committed.");
                }
            }
        }
    }

    // True if the server has reported a rollback. FATAL and above mean only that the connection has ended, with one exception: a
    // transaction that was ended for standing idle had not received its last statements.
    static bool IsRefusal(Exception error) => error is PostgresException
    {
        InvariantSeverity: "ERROR", SqlState: not ("40003" or PostgresErrorCodes.TransactionResolutionUnknown),
    } or PostgresException { SqlState: "25P03" };

    async Task<bool> IsLost()
    {
        try
        {
            await using var command = database.CreateCommand(
                "select coalesce(wait_event, 'its disk') from pg_stat_activity where pid = $1 and state <> 'idle'");
            command.Parameters.Add(new() { Value = _backend });
            command.CommandTimeout = LookSeconds;
            if (await command.ExecuteScalarAsync() is string wait)
            {
                _failedLooks = 0;
                onWait?.Invoke(wait);
                return false;
            }
        }
        catch (PostgresException error) when (Failures.Of(error) != Failure.DatabaseAway)
        {
            // The server is there, but too busy to answer.
            _failedLooks = 0;
            return false;
        }
        catch (NpgsqlException)
        {
            // The server cannot be asked, so its answer would not arrive either.
        }

        return ++_failedLooks >= FailedLooksMax;
    }
}
