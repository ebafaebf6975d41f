using Npgsql;
using Shop.Support;

namespace Shop.Ordering.Tests.Storage;

public sealed class MigrationTests(TestServers servers)
{
    [Fact]
    public async Task Replicas_that_start_at_once_bring_an_empty_database_up_to_date_together()
    {
        var database = await servers.CreateDatabase("ordering");
        var settings = servers.ServiceSettings(database, await servers.CreateVirtualHost("ordering"));

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => TestProgram.Run("Shop.Ordering", "migrate", settings)));

        Assert.Equal(0L, await Scalar(database, "select count(*) from pg_index where not indisvalid"));
        Assert.Equal(1L, await Scalar(database, "select count(*) from pg_indexes where indexname = 'ix_orders_status_id'"));
    }

    [Fact]
    public async Task A_list_by_status_is_served_by_an_index_however_many_orders_there_are()
    {
        var database = await servers.CreateDatabase("ordering");
        await TestProgram.Run("Shop.Ordering", "migrate", servers.ServiceSettings(database, await servers.CreateVirtualHost("ordering")));
        await Scalar(
            database,
            """
            insert into ordering.orders (id, customer_id, status, lines, total, payment_token, placed_at, version, timeline, awaits_stock_release, awaits_refund)
            select gen_random_uuid(), 'alice', 'Confirmed', '[]', 1, 'tok_visa', now(), 3, '[]', false, false from generate_series(1, 50000);
            analyze ordering.orders;
            select 0::bigint
            """);

        foreach (var status in new[] { "Placed", "StockReserved", "Cancelling", "Cancelled", "Confirmed" })
        {
            var plan = await Plan(database, $"select * from ordering.orders where status = '{status}' order by id desc limit 21");
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            // The query uses the index on the status, and does not search all orders from the newest.
            Assert.True(status == "Confirmed" || plan.Contains("ix_orders_status_id", StringComparison.Ordinal), plan);
        }
    }

    static async Task<long> Scalar(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    static async Task<string> Plan(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var command = source.CreateCommand("explain " + sql);
        await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await rows.ReadAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(rows.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
