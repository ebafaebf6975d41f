using Npgsql;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Faults;

/// <summary>
/// A service's login is refused from one moment to the next: its password was changed at the server and not in its settings. At the end
/// it is the old one again.
/// </summary>
/// <param name="Server">The server with the password: the database server or the broker.</param>
sealed record RotatePassword(string Service, string Server) : ProcessFault($"{Service}'s password at {Server} changed")
{
    const string Other = "another-password";

    public override IReadOnlyList<string> MayCause => Consequences.OfStandstill(Service);

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation) =>
        Server == PostgresServer.Name ? AtDatabase(system, cancellation) : AtBroker(system, cancellation);

    async Task<EndFault> AtDatabase(ProcessSystem system, CancellationToken cancellation)
    {
        var databases = Databases.Of(system.Checkout);
        await Change(Other, cancellation);
        return async cancel =>
        {
            var open = await Ask("select count(*) from pg_stat_activity where usename = $1", cancel);
            await Change(system.Checkout.State.Secrets.Password("postgres-" + Service), cancel);
            return open > 0 ? throw new FaultMissed($"{Service} had {open} connections all the same") : "no login was let in";
        };

        async Task Change(string password, CancellationToken cancel)
        {
            await using var connection = await databases.OpenAsSuperuser(Service, cancel);
            await using var command = new NpgsqlCommand($"alter role \"{Service}\" password '{password}'", connection);
            await command.ExecuteNonQueryAsync(cancel);
            // Open connections would go on with the old login, so they are ended.
            await Ask("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1", cancel);
        }

        async Task<long> Ask(string sql, CancellationToken cancel)
        {
            await using var connection = await databases.OpenAsSuperuser(Service, cancel);
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = Service } } };
            return (long)(await command.ExecuteScalarAsync(cancel))!;
        }
    }

    async Task<EndFault> AtBroker(ProcessSystem system, CancellationToken cancellation)
    {
        var users = BrokerAccess.Users(system.Checkout.State.Secrets);
        var server = new RabbitMqServer(system.Checkout.State, system.Checkout.Ports.RabbitMq, BrokerAccess.VirtualHost, users);
        await server.Control(["change_password", Service, Other], cancellation);
        await server.Control(["close_all_user_connections", Service, "its password was changed"], cancellation);
        return async cancel =>
        {
            var connections = await server.Control(["list_connections", "--silent", "user"], cancel);
            var open = connections.Split('\n').Count(line => line.Trim() == Service);
            await server.Control(["change_password", Service, users.Single(user => user.Name == Service).Password], cancel);
            return open > 0 ? throw new FaultMissed($"{Service} had {open} connections all the same") : "no login was let in";
        };
    }
}
