using Npgsql;

namespace Shop.Hosting;

/// <summary>Tells a database that is away or overwhelmed from a statement that is wrong.</summary>
public static class DatabaseErrors
{
    /// <summary>True if trying again later may well succeed.</summary>
    public static bool IsUnavailable(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            switch (error)
            {
                case PostgresException postgres:
                    return postgres.IsTransient || postgres.SqlState is PostgresErrorCodes.AdminShutdown
                        or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
                        or PostgresErrorCodes.DiskFull or PostgresErrorCodes.ReadOnlySqlTransaction;
                case NpgsqlOperationInProgressException:
                    // Two commands at once on one connection is a mistake of ours, and stays one.
                    return false;
                case NpgsqlException:
                    return true;
            }
        }

        return false;
    }
}
