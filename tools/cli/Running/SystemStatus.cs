using Npgsql;
using Shop.Cli.Logs;
using Shop.Cli.Servers;

namespace Shop.Cli.Running;

/// <summary>What runs, how it is, and what is waiting between the services.</summary>
sealed record SystemStatus(
    IReadOnlyList<ProcessStatus> Processes, IReadOnlyList<QueueStatus> Queues, IReadOnlyList<OutboxStatus> Outbox)
{
    public static async Task<SystemStatus> Read(Checkout checkout, CancellationToken cancellation)
    {
        var health = new HealthCheck(checkout);
        var processes = await Task.WhenAll(checkout.State.Processes.All
            .Where(record => record.Name is not (RabbitMqServer.NameServer or LogKeeper.Name))
            .Select(async record => new ProcessStatus(record.Name, record.Pid, record.Port, await health.Of(record, cancellation))));
        bool IsReady(string name) => processes.Any(process => process.Name == name && process.Health == Health.Ready);
        return new(
            processes,
            IsReady(RabbitMqServer.Name) ? await ReadQueues(checkout, cancellation) : [],
            IsReady(PostgresServer.Name) ? await ReadOutboxes(checkout, cancellation) : []);
    }

    static async Task<QueueStatus[]> ReadQueues(Checkout checkout, CancellationToken cancellation)
    {
        var secrets = checkout.State.Secrets;
        var server = new RabbitMqServer(
            checkout.State, checkout.Ports.RabbitMq, BrokerAccess.VirtualHost, BrokerAccess.Users(secrets));
        var queues = await server.Management.Queues(cancellation);
        return [.. queues.OrderBy(queue => queue.Name, StringComparer.Ordinal)
            .Select(queue => new QueueStatus(queue.Name, queue.Ready, queue.Unacked))];
    }

    static async Task<OutboxStatus[]> ReadOutboxes(Checkout checkout, CancellationToken cancellation)
    {
        var databases = new Databases(new PostgresServer(checkout.State, checkout.Ports.Postgres), checkout.State.Secrets);
        var outboxes = new List<OutboxStatus>();
        foreach (var service in Replicas.Services)
        {
            if (await CountRows(databases.ConnectionString(service, Databases.Audit), service, cancellation) is { } rows)
            {
                outboxes.Add(new(service, rows));
            }
        }

        return [.. outboxes];
    }

    // Null where the service has not made its tables yet.
    static async Task<long?> CountRows(string database, string service, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        try
        {
            await connection.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand($"select count(*) from {service}.outbox", connection);
            return (long)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (PostgresException error) when (error.SqlState is
            PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.InvalidPassword)
        {
            return null;
        }
    }
}

sealed record ProcessStatus(string Name, int Pid, int Port, Health Health);

sealed record QueueStatus(string Name, long Ready, long Unacked);

sealed record OutboxStatus(string Service, long Rows);
