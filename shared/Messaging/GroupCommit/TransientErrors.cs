using System.Net.Sockets;
using Npgsql;

namespace Shop.Messaging;

/// <summary>Tells trouble of the database, which passes, from trouble with a message, which does not.</summary>
static class TransientErrors
{
    public static bool IsTransient(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            switch (error)
            {
                case PostgresException postgres:
                    return postgres.IsTransient || PassesWhenSomebodyActs(postgres.SqlState) || IsStalePlan(postgres);
                case NpgsqlException or SocketException:
                    return true;
            }
        }

        return false;
    }

    // Shutdown, crash recovery, a full disk, a demoted server, or a login or database that is not there (yet, or while a
    // password changes): all pass without a change to the message.
    static bool PassesWhenSomebodyActs(string state) =>
        state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.DiskFull or PostgresErrorCodes.ReadOnlySqlTransaction
            or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            or PostgresErrorCodes.InvalidCatalogName;

    // A migration has added a column under a statement that was prepared before it. Npgsql forgets the statement, so the next
    // attempt prepares it anew. The code alone says only "not supported"; the routine is what tells.
    static bool IsStalePlan(PostgresException error) =>
        error is { SqlState: PostgresErrorCodes.FeatureNotSupported, Routine: "RevalidateCachedQuery" };
}
