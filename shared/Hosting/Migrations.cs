using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Hosting;

/// <summary>Brings the database up to date. Several replicas may do so at once, and the database may still be starting.</summary>
static class Migrations
{
    const long Lock = 7_400_001;
    static readonly TimeSpan _databaseStartTimeLimit = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _migrationTimeLimit = TimeSpan.FromMinutes(10);
    static readonly TimeSpan _retryPause = TimeSpan.FromMilliseconds(500);

    /// <returns>The process's exit code.</returns>
    public static async Task<int> Apply<TDb>(WebApplication app) where TDb : DbContext
    {
        _ = app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
        var service = app.Configuration["Service:Name"];
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        db.Database.SetCommandTimeout(_migrationTimeLimit);
        if (db.Database.HasPendingModelChanges())
        {
            await Console.Error.WriteLineAsync(
                $"{service}: the classes it stores have changed since its last migration. Add one: dotnet ef migrations add NAME --project services/{service}");
            return 1;
        }

        try
        {
            var applied = await ApplyWhenStarted(db);
            await Console.Out.WriteLineAsync(applied == 0 ? "database is up to date" : $"applied {applied} migrations");
            return 0;
        }
        catch (Exception error) when (CauseOf(error) is { } cause)
        {
            await Console.Error.WriteLineAsync($"{service}: migration failed: {cause.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    // EF Core wraps what may go away by itself.
    static NpgsqlException? CauseOf(Exception error) => error as NpgsqlException ?? error.InnerException as NpgsqlException;

    // The lock lets replicas that start at once wait for each other, where the history table does not exist yet, too.
    // It is asked for again and again: one who waits for it inside a statement would be waited for by an index that is
    // made concurrently, for ever.
    static async Task<int> Apply(DbContext db)
    {
        while (!await db.Database.SqlQuery<bool>($"""select pg_try_advisory_lock({Lock}) as "Value" """).SingleAsync())
        {
            await Task.Delay(_retryPause, TimeProvider.System);
        }

        var pending = (await db.Database.GetPendingMigrationsAsync()).Count();
        await db.Database.MigrateAsync();
        await db.Database.ExecuteSqlAsync($"select pg_advisory_unlock({Lock})");
        return pending;
    }

    // A login that is refused is a setting to be corrected: whoever migrates waits for the answer.
    static bool MayStillCome(NpgsqlException error) => Failures.Of(error) == Failure.DatabaseAway
        && error is not PostgresException { SqlState: ['2' or '3', ..] };

    // A migration may be begun again: what was applied is written down with it.
    static async Task<int> ApplyWhenStarted(DbContext db)
    {
        using var deadline = new CancellationTokenSource(_databaseStartTimeLimit);
        while (true)
        {
            try
            {
                await db.Database.OpenConnectionAsync(CancellationToken.None);
                return await Apply(db);
            }
            catch (Exception error) when (CauseOf(error) is { } cause && MayStillCome(cause) && !deadline.IsCancellationRequested)
            {
                await db.Database.CloseConnectionAsync();
                await Task.Delay(_retryPause, TimeProvider.System, CancellationToken.None);
            }
        }
    }
}
