using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Shop.Hosting;

/// <summary>Where the service's own database is.</summary>
public sealed class DatabaseOptions : IValidatableObject
{
    public const string Section = "ConnectionStrings";

    [Required]
    public string Database { get; init; } = "";

    /// <summary>The password, if the connection string has none. A password alone fits into a file of secrets.</summary>
    public string? DatabasePassword { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var problem = Problem();
        return problem is null ? [] : [new(problem, [nameof(Database)])];
    }

    internal NpgsqlConnectionStringBuilder Settings()
    {
        var settings = new NpgsqlConnectionStringBuilder(Database);
        settings.Password = DatabasePassword ?? settings.Password;
        return settings;
    }

    string? Problem()
    {
        try
        {
            var settings = Settings();
            return settings is { Host: { }, Database: { }, Username: { } } ? null : "must name Host, Database and Username";
        }
        catch (ArgumentException error)
        {
            return $"is not a connection string: {error.Message}";
        }
    }
}

public static class DatabaseRegistration
{
    const int PoolSizeMax = 24;
    const int PreparedStatementsMax = 100;
    const int ConnectTimeoutSeconds = 5;
    const int CommandTimeoutSeconds = 15;
    const int KeepAliveSeconds = 3;

    /// <summary>Adds the service's DbContext, its data source, its health check and, as everybody's clock, the database's.</summary>
    public static IHostApplicationBuilder AddDatabase<TDb>(this IHostApplicationBuilder builder, string schema)
        where TDb : DbContext
    {
        builder.AddValidatedOptions<DatabaseOptions>(DatabaseOptions.Section);
        builder.Services.AddSingleton(services => CreateDataSource(
            services.GetRequiredService<IOptions<DatabaseOptions>>().Value.Settings(), builder.Configuration["SHOP_INSTANCE"] ?? schema));
        builder.Services.AddSingleton(services => new DatabaseClock(
            services.GetRequiredService<NpgsqlDataSource>, services.GetRequiredService<ILogger<DatabaseClock>>()));
        builder.Services.AddHostedService(services => services.GetRequiredService<DatabaseClock>());
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(services => services.GetRequiredService<DatabaseClock>()));
        builder.Services.AddDbContextPool<TDb>(
            (services, options) => Use(options, services.GetRequiredService<NpgsqlDataSource>(), schema));
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealthCheck<TDb>>("database", tags: [Health.ReadyTag]);
        return builder;
    }

    internal static void Use(DbContextOptionsBuilder options, NpgsqlDataSource database, string schema) => options
        .UseNpgsql(database, postgres => postgres.MigrationsHistoryTable("__migrations", schema))
        .UseSnakeCaseNamingConvention()
        // Migrations check this before they connect, and report it in one sentence.
        .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));

    static NpgsqlDataSource CreateDataSource(NpgsqlConnectionStringBuilder settings, string instance)
    {
        settings.ApplicationName = instance;
        settings.MaxPoolSize = PoolSizeMax;
        settings.Timeout = ConnectTimeoutSeconds;
        settings.CommandTimeout = CommandTimeoutSeconds;
        // Together these halve the server's work per statement. Nothing here leaves state behind in a session. A connection string that
        // leads to a pooler which knows no prepared statements says "Max Auto Prepare=0".
        if (!settings.ShouldSerialize("Max Auto Prepare"))
        {
            settings.MaxAutoPrepare = PreparedStatementsMax;
        }

        settings.NoResetOnClose = true;
        // A server that lost its power sends nothing. Keep-alives find that out after seconds, not after two hours.
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = KeepAliveSeconds;
        settings.TcpKeepAliveInterval = KeepAliveSeconds;
        // No user logs in with Kerberos, and its library is not installed everywhere. TLS does not depend on this.
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        // Metrics use this name instead of the connection string.
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = instance }
            .ConfigureTracing(tracing => tracing
                // A COMMIT is already part of the span of its batch.
                .ConfigureCommandFilter(command => command.CommandText != Commit.Statement)
                .ConfigureCommandSpanNameProvider(command => StatementNames.Of(command.CommandText))
                .ConfigureBatchSpanNameProvider(StatementNames.Of)
                // Without this event, a statement has one line less in a trace and needs one object less.
                .EnableFirstResponseEvent(false))
            .Build();
    }
}

/// <summary>Ready when the database answers and has the tables this build needs.</summary>
sealed class DatabaseHealthCheck<TDb>(TDb db) : IHealthCheck where TDb : DbContext
{
    static volatile bool _migrated;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            if (_migrated)
            {
                await db.Database.ExecuteSqlAsync($"select 1", cancellationToken);
                return HealthCheckResult.Healthy();
            }

            _migrated = !(await db.Database.GetPendingMigrationsAsync(cancellationToken)).Any();
            return _migrated
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("Migrations are pending: run the service once with the argument migrate.");
        }
        catch (Exception error) when (Failures.Of(error) != Failure.Permanent)
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }
}
