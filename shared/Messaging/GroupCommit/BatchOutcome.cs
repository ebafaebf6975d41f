using MassTransit;
using Npgsql;
using Shop.Hosting;

namespace Shop.Messaging;

/// <param name="Error">Null if the batch committed.</param>
/// <param name="MayRetryAtOnce">
/// True if a fresh connection may well succeed: the pool held one that a restart of the database had broken.
/// </param>
readonly record struct BatchOutcome(BatchEnd End, Exception? Error, bool MayRetryAtOnce = false)
{
    /// <summary>
    /// Another transaction changed the same rows, or a migration the tables, and has ended. The next attempt sees the change.
    /// </summary>
    public bool IsConflict => Error is { } error
        && Failures.Find<PostgresException>(error)?.SqlState is PostgresErrorCodes.UniqueViolation
            or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.FeatureNotSupported;

    public static BatchOutcome Of(Exception error) => error switch
    {
        UnknownOutcomeException => new(BatchEnd.Unknown, error),
        CallerGoneException => new(BatchEnd.CallerGone, error),
        _ => Failures.Of(error) switch
        {
            Failure.Permanent => new(BatchEnd.Refused, error),
            // MassTransit itself refused the message: its saga or serializer does not accept it.
            Failure.Passing when error.GetBaseException() is MassTransitException => new(BatchEnd.Refused, error),
            Failure.Passing => new(BatchEnd.HeldUp, error),
            _ => new(BatchEnd.DatabaseAway, error),
        },
    };
}

/// <summary>How a batch ended.</summary>
enum BatchEnd
{
    Committed,

    /// <summary>Rolled back because something in the batch is wrong.</summary>
    Refused,

    /// <summary>Rolled back because something in the batch has to wait, such as for a row that somebody holds locked.</summary>
    HeldUp,

    /// <summary>Rolled back, or never begun, through no fault of the batch.</summary>
    DatabaseAway,

    /// <summary>Rolled back because somebody in the batch has stopped waiting for it.</summary>
    CallerGone,

    /// <summary>
    /// The acknowledgement of the commit is missing. The inbox settles it for messages, and an idempotency key for other work.
    /// </summary>
    Unknown,
}
