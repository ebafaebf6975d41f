using Npgsql;

namespace Shop.Cli.Servers;

/// <summary>
/// The databases of the services. Each has an owner, which runs migrations, and a user for the running service, which can
/// change rows but no table; neither may enter another service's database. The audit user reads all.
/// </summary>
sealed class Databases(PostgresServer server, Secrets secrets)
{
    public const string Audit = "audit";

    public static Databases Of(Checkout checkout) => new(new PostgresServer(checkout.State, checkout.Ports.Postgres), checkout.State.Secrets);

    public static string OwnerOf(string service) => service + "_owner";

    public string ConnectionString(string service, string user) =>
        $"Host=127.0.0.1;Port={server.Port};Database={service};Username={user};Password={secrets.Password("postgres-" + user)}";

    /// <summary>
    /// A connection that may read everything of a service. A new one each time: who looks often does so after a restart of the
    /// server, which breaks pooled ones.
    /// </summary>
    public async Task<NpgsqlConnection> OpenToRead(string service, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(ConnectionString(service, Audit) + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <summary>Makes what is missing. Safe to run again.</summary>
    public async Task Prepare(IReadOnlyList<string> services, CancellationToken cancellation)
    {
        await using var connection = await Open("postgres", cancellation);
        var users = services.SelectMany(service => new[] { OwnerOf(service), service }).Append(Audit);
        foreach (var user in users)
        {
            if (!await Exists(connection, "select 1 from pg_roles where rolname = $1", user, cancellation))
            {
                await Run(connection, $"create role {user} login", cancellation);
            }

            await Run(connection, $"alter role {user} password '{secrets.Password("postgres-" + user)}'", cancellation);
        }

        foreach (var service in services)
        {
            if (!await Exists(connection, "select 1 from pg_database where datname = $1", service, cancellation))
            {
                await Run(connection, $"create database {service} owner {OwnerOf(service)}", cancellation);
            }

            await PrepareSchema(service, cancellation);
        }
    }

    async Task PrepareSchema(string service, CancellationToken cancellation)
    {
        await using var connection = await Open(service, cancellation);
        var owner = OwnerOf(service);
        await Run(
            connection,
            $"""
            revoke all on database {service} from public;
            grant connect on database {service} to {service}, {Audit};
            grant temporary on database {service} to {Audit};
            revoke all on schema public from public;
            create schema if not exists {service} authorization {owner};
            grant usage on schema {service} to {service}, {Audit};
            alter default privileges for role {owner} in schema {service}
                grant select, insert, update, delete on tables to {service};
            alter default privileges for role {owner} in schema {service} grant usage on sequences to {service};
            alter default privileges for role {owner} in schema {service} grant select on tables to {Audit};
            """,
            cancellation);
    }

    async Task<NpgsqlConnection> Open(string database, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        return connection;
    }

    static async Task<bool> Exists(NpgsqlConnection connection, string query, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(query, connection) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(cancellation) is not null;
    }

    static async Task Run(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
