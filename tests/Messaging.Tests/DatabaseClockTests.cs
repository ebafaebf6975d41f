using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shop.Hosting;
using Shop.Support;

namespace Shop.Messaging.Tests;

public sealed class DatabaseClockTests(TestServers servers)
{
    static readonly TimeSpan _ahead = TimeSpan.FromHours(1);
    static readonly TimeSpan _tolerance = TimeSpan.FromMinutes(1);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_time_is_the_database_s_whatever_the_machine_says()
    {
        var address = await servers.CreateDatabase();
        await using (var sql = NpgsqlDataSource.Create(address))
        {
            await using var wrong = sql.CreateCommand(
                $"""
                create schema wrong;
                create function wrong.clock_timestamp() returns timestamptz language sql as
                    'select pg_catalog.clock_timestamp() + interval ''{_ahead.TotalMinutes} minutes''';
                """);
            await wrong.ExecuteNonQueryAsync(Cancellation);
        }

        await using var database = NpgsqlDataSource.Create(address + ";Search Path=\"wrong,pg_catalog\"");
        using var clock = new DatabaseClock(() => database, NullLogger<DatabaseClock>.Instance);
        Assert.Equal(DateTimeOffset.UtcNow, clock.GetUtcNow(), _tolerance);

        await clock.StartAsync(Cancellation);

        await Wait.Until(() => (clock.GetUtcNow() - DateTimeOffset.UtcNow - _ahead).Duration() < _tolerance, "the database's time");
        await clock.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_database_that_is_away_holds_nobody_up()
    {
        await using var nobody = NpgsqlDataSource.Create(
            $"Host=127.0.0.1;Port={FreePorts.Take(1)[0]};Username=nobody;Database=none;Timeout=1");
        using var clock = new DatabaseClock(() => nobody, NullLogger<DatabaseClock>.Instance);

        await clock.StartAsync(Cancellation);

        Assert.Equal(DateTimeOffset.UtcNow, clock.GetUtcNow(), _tolerance);
        await clock.StopAsync(Cancellation);
    }
}
