using Npgsql;
using Shop.Launcher.Logs;
using Shop.Launcher.Servers;

namespace Shop.Launcher.Running;

/// <summary>What runs, how it is, and what is waiting between the services.</summary>
/// <param name="Without">The processes that are left to somebody else, such as a debugger.</param>
/// <param name="PortOffset">How far the ports of the system that runs are shifted.</param>
public sealed record SystemStatus(
    IReadOnlyList<ProcessStatus> Processes, IReadOnlyList<QueueStatus> Queues, IReadOnlyList<OutboxStatus> Outbox,
    IReadOnlyList<string> Without, int PortOffset)
{
    public static async Task<SystemStatus> Read(Checkout checkout, CancellationToken cancellation)
    {
        var plan = SystemPlan.Of(checkout.State);
        if (checkout.State.Processes.All is not [])
        {
            // The ports of the running system, whatever the environment of this command says.
            checkout = checkout with { Ports = new(plan.PortOffset) };
        }

        var health = new HealthCheck(checkout);
        var processes = await Task.WhenAll(checkout.State.Processes.All
            .Where(record => record.Name is not (RabbitMqServer.NameServer or LogKeeper.Name))
            .Select(async record => new ProcessStatus(record.Name, record.Pid, record.Port, await health.Of(record, cancellation))));
        bool IsReady(string name) => processes.Any(process => process.Name == name && process.Health == Health.Ready);
        return new(
            processes,
            IsReady(RabbitMqServer.Name) ? await ReadQueues(checkout, cancellation) : [],
            IsReady(PostgresServer.Name) ? await ReadOutboxes(checkout, cancellation) : [],
            plan.Without,
            checkout.Ports.Offset);
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

/// <summary>A process that was started, and how it is.</summary>
public sealed record ProcessStatus(string Name, int Pid, int Port, Health Health);

/// <summary>A queue of the broker and its messages.</summary>
public sealed record QueueStatus(string Name, long Ready, long Unacked);

/// <summary>How many rows wait in the outbox of a service.</summary>
public sealed record OutboxStatus(string Service, long Rows);
