using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Hosting;

/// <summary>Runs a process: <c>migrate</c> brings the database up to date and ends; without arguments it serves.</summary>
public static class Serving
{
    const string MigrateMode = "migrate";
    const long MigrationLock = 7_400_001;
    static readonly TimeSpan _databaseStartTimeLimit = TimeSpan.FromSeconds(30);
    static readonly TimeSpan _retryPause = TimeSpan.FromMilliseconds(500);

    /// <param name="map">Adds the service's own routes.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> ServeAsync<TDb>(
        this WebApplicationBuilder builder, string[] args, Action<WebApplication> map)
        where TDb : DbContext =>
        args is [MigrateMode, ..] ? Guarded(builder, Migrate<TDb>) : builder.ServeAsync(app =>
        {
            app.MapOpenApi().AllowAnonymous();
            map(app);
        });

    /// <summary>Serves until it is told to stop. Wrong settings end it with one line that names the key.</summary>
    /// <param name="map">Adds the process's own routes.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> ServeAsync(this WebApplicationBuilder builder, Action<WebApplication> map) =>
        Guarded(builder, app =>
        {
            // Before anything is built from them.
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            app.UseServiceDefaults();
            map(app);
            return app.RunAsync();
        });

    static async Task<int> Guarded(WebApplicationBuilder builder, Func<WebApplication, Task> run)
    {
        try
        {
            await using var app = builder.Build();
            await run(app);
            return 0;
        }
        catch (Exception error) when (ConfigurationErrors.Explain(error) is { } reason)
        {
            await Console.Error.WriteLineAsync($"{builder.Configuration["Service:Name"]}: configuration error: {reason}");
            return 1;
        }
    }

    // The lock lets replicas that start at once wait for each other, where the history table does not exist yet, too.
    static async Task Migrate<TDb>(WebApplication app) where TDb : DbContext
    {
        _ = app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
        await using var scope = app.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        await OpenWhenStarted(db);
        await db.Database.ExecuteSqlAsync($"select pg_advisory_lock({MigrationLock})");
        var pending = (await db.Database.GetPendingMigrationsAsync()).Count();
        await db.Database.MigrateAsync();
        await db.Database.ExecuteSqlAsync($"select pg_advisory_unlock({MigrationLock})");
        await Console.Out.WriteLineAsync(pending == 0 ? "database is up to date" : $"applied {pending} migrations");
    }

    static async Task OpenWhenStarted(DbContext db)
    {
        using var deadline = new CancellationTokenSource(_databaseStartTimeLimit);
        while (true)
        {
            try
            {
                await db.Database.OpenConnectionAsync(deadline.Token);
                return;
            }
            catch (NpgsqlException error) when (DatabaseErrors.IsUnavailable(error) && !deadline.IsCancellationRequested)
            {
                await Task.Delay(_retryPause, CancellationToken.None);
            }
        }
    }
}

/// <summary>Finds the one line an operator needs in what the host throws when settings are wrong.</summary>
static class ConfigurationErrors
{
    public static string? Explain(Exception error) => error switch
    {
        OptionsValidationException invalid => string.Join("; ", invalid.Failures.Select(failure => KeyAndReason(invalid, failure))),
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } binding => binding.Message,
        AggregateException { InnerExceptions: [var single] } => Explain(single),
        AggregateException several when several.InnerExceptions.All(inner => Explain(inner) is not null) =>
            string.Join("; ", several.InnerExceptions.Select(Explain)),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } inUse => inUse.Message,
        _ => null,
    };

    // "DataAnnotation validation failed for 'XOptions' members: 'Key' with the error: 'reason'."
    static string KeyAndReason(OptionsValidationException invalid, string failure)
    {
        var parts = failure.Split('\'');
        var section = invalid.OptionsType.GetField("Section")?.GetRawConstantValue() as string ?? invalid.OptionsType.Name;
        return parts.Length >= 6 ? $"{section}:{parts[3]}: {string.Join('\'', parts[5..^1])}" : failure;
    }
}
