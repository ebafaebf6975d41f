using System.Globalization;
using Npgsql;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>
/// How long a transaction may hold up others, set in the transaction itself: it holds whoever defined the role, and behind a pooler
/// that hands out the session for one transaction at a time.
/// </summary>
static class TransactionLimits
{
    /// <summary>
    /// A process that stands still between two statements loses its transaction and its locks after this time. A batch never pauses that
    /// long, because its work is done in memory.
    /// </summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);

    const string Sql =
        $"select {Commit.Opening}, set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)";

    /// <summary>Where the number of the server's process is in the answer to <see cref="Command"/>.</summary>
    public const int Backend = 1;

    /// <param name="lockPatience">How long each statement may wait for a lock.</param>
    public static NpgsqlBatchCommand Command(TimeSpan lockPatience) => new(Sql)
    {
        Parameters = { new() { Value = Milliseconds(lockPatience) }, new() { Value = Milliseconds(Idle) } },
    };

    static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
}
