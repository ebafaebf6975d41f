using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Shop.Messaging;

/// <param name="Error">Null if the batch committed.</param>
/// <param name="MayRetryAtOnce">
/// True if a fresh connection may well succeed: the pool held one that a restart of the database had broken, or two
/// transactions got into each other's way.
/// </param>
readonly record struct BatchOutcome(BatchEnd End, Exception? Error, bool MayRetryAtOnce = false)
{
    /// <summary>Somebody else wrote the same row at the same time.</summary>
    public bool IsConflict => Error is DbUpdateConcurrencyException
        || (Error as PostgresException ?? Error?.InnerException as PostgresException)?.SqlState == PostgresErrorCodes.UniqueViolation;
}

/// <summary>How a batch ended.</summary>
enum BatchEnd
{
    Committed,

    /// <summary>Rolled back because of something in the batch.</summary>
    Refused,

    /// <summary>Rolled back, or never begun, through no fault of the batch.</summary>
    DatabaseTrouble,

    /// <summary>The answer to the commit is missing. For messages the inbox will tell; nobody can for other work.</summary>
    Unknown,
}
