using Npgsql;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Servers;

/// <summary>
/// The databases of the services. Each has an owner, which runs migrations, and a user for the running service, which can
/// change rows but no table; neither may enter another service's database. The audit user reads all.
/// </summary>
public sealed class Databases(PostgresServer server, Secrets secrets)
{
    public const string Audit = "audit";

    public string Host { get; init; } = "127.0.0.1";

    public static Databases Of(Checkout checkout) =>
        new(new PostgresServer(checkout.State, checkout.Addresses.PostgresPort), checkout.State.Secrets)
        {
            Host = checkout.Addresses.PostgresHost,
        };

    public static string OwnerOf(string service) => service + "_owner";

    public string ConnectionString(string service, string user) =>
        // No user logs in with Kerberos, and its library is not installed everywhere.
        $"Host={Host};Port={server.Port};Database={service};Username={user};Password={secrets.Password("postgres-" + user)};GSS Encryption Mode=Disable";

    /// <summary>
    /// A connection that may read everything of a service. It is not pooled, because readers often come after a restart of the server,
    /// which breaks pooled connections.
    /// </summary>
    public async Task<NpgsqlConnection> OpenToRead(string service, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(ConnectionString(service, Audit) + ";Pooling=false");
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <summary>
    /// A connection with all rights in a service's database. It goes directly to the server, not through a pooler or proxy.
    /// </summary>
    public async Task<NpgsqlConnection> OpenAsSuperuser(string service, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(server.ConnectionString(service) + ";Pooling=false;GSS Encryption Mode=Disable");
        await connection.OpenAsync(cancellation);
        return connection;
    }

    /// <summary>Makes what is missing, with the script that compose and Kubernetes run too. It is safe to run again.</summary>
    public async Task Prepare(CancellationToken cancellation)
    {
        // The script reads the passwords from their files.
        foreach (var user in Replicas.Services.SelectMany(service => new[] { OwnerOf(service), service }).Append(Audit))
        {
            secrets.Password("postgres-" + user);
        }

        var script = Path.Combine(Checkout.FindRoot(), "deploy", "postgres", "prepare.sql");
        var result = await Tool.Run(
            [ServerPrograms.PostgresClient, "-X", "-q", "-v", $"secrets={secrets.Directory}", "-f", script],
            environment: new Dictionary<string, string>
            {
                ["PGHOST"] = Host,
                ["PGPORT"] = $"{server.Port}",
                ["PGUSER"] = PostgresServer.Superuser,
                ["PGDATABASE"] = "postgres",
                ["PGPASSWORD"] = secrets.Password(PostgresServer.Superuser),
            },
            cancellation: cancellation);
        if (!result.Succeeded)
        {
            throw new UserError($"The databases could not be prepared:\n{result.Output}");
        }
    }
}
