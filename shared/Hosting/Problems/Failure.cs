using System.Data.Common;
using System.Text.Json;
using Npgsql;

namespace Shop.Hosting;

/// <summary>What an error means for whoever waits, be it a request or a message.</summary>
public enum Failure
{
    /// <summary>The request, the message or the program is wrong: waiting changes nothing.</summary>
    Permanent,

    /// <summary>
    /// The failure is temporary, and may concern this work alone: a lock that somebody holds, a time limit, or an unknown error.
    /// </summary>
    Passing,

    /// <summary>The database is not available at the moment.</summary>
    DatabaseAway,
}

/// <summary>
/// The one place that gives errors a meaning. The list of permanent errors is closed: an unknown error is retried, so that it costs time
/// and never a message.
/// </summary>
public static class Failures
{
    public static Failure Of(Exception error)
    {
        // The database's own error counts before its consequences, such as a closed connection.
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case PostgresException postgres:
                    return OfState(postgres.SqlState);
                case NpgsqlOperationInProgressException:
                    // Two commands at once on one connection are a mistake of ours.
                    return Failure.Permanent;
                case NpgsqlException:
                    return Failure.DatabaseAway;
                case DbException:
                    return Failure.Passing;
            }
        }

        return error.GetBaseException() switch
        {
            ObjectDisposedException => Failure.Passing,
            // Input that makes no sense.
            JsonException or FormatException or InvalidDataException => Failure.Permanent,
            // Mistakes of the program, which it makes again with the same input.
            ArgumentException or InvalidOperationException or NotSupportedException or NotImplementedException or NullReferenceException
                or InvalidCastException or IndexOutOfRangeException or KeyNotFoundException or ArithmeticException => Failure.Permanent,
            _ => Failure.Passing,
        };
    }

    /// <summary>True if somebody else holds what is needed, or a time limit of the server ended the wait for it.</summary>
    public static bool IsHeldUp(Exception error) => Find<PostgresException>(error)?.SqlState is
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled;

    public static T? Find<T>(Exception? error) where T : Exception
    {
        while (error is not null and not T)
        {
            error = error.InnerException;
        }

        return (T?)error;
    }

    // Errors are listed by class, and by code if a class has both kinds. https://www.postgresql.org/docs/current/errcodes-appendix.html
    static Failure OfState(string state) => state switch
    {
        // The value does not fit its type, or a row does not fit the others.
        ['2', '2' or '3', ..] => Failure.Permanent,
        // Connection; login; no space, memory or connection left; shutting down, starting or dropped; the disk fails.
        ['0', '8', ..] or ['2', '8', ..] or ['5', '3', ..] or ['5', '8', ..] => Failure.DatabaseAway,
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.DatabaseDropped or "57P05" or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.ReadOnlySqlTransaction or "25P03" or "25P04" => Failure.DatabaseAway,
        _ => Failure.Passing,
    };
}
