using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Shop.Deployment.Tests.Kubernetes;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;
using Shop.Support;

namespace Shop.Deployment.Tests;

/// <summary>
/// Roles and broker users have the rights that the local launcher gives, and no others, in all ways to start the servers.
/// </summary>
public sealed class AccessTests : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("shop-access-").FullName;
    readonly List<PostgresServer> _servers = [];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            server.Kill();
            await server.Stop();
            server.Delete();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_local_brokers_users_have_the_launchers_rights()
    {
        var secret = (await Overlay.LocalSecrets(Cancellation)).Single(manifest => manifest.Name() == "rabbitmq-definitions");
        var definitions = JsonNode.Parse(Convert.FromBase64String(secret.Texts("data")["definitions.json"]))!;

        Assert.Equal([BrokerAccess.VirtualHost], definitions.List("vhosts").Select(host => host.TextAt("name")));
        Assert.Equal(
            Launchers(),
            from user in definitions.List("users")
            join rights in definitions.List("permissions") on user.TextAt("name") equals rights.TextAt("user")
            where rights.TextAt("vhost") == BrokerAccess.VirtualHost
            select (user.TextAt("name"), user.TextAt("tags"), rights.TextAt("configure"), rights.TextAt("write"), rights.TextAt("read")));
    }

    [Fact]
    public void The_productive_brokers_users_have_the_launchers_rights()
    {
        var production = Overlay.Build(Overlay.Production);

        Assert.Equal(
            Launchers(),
            from user in production.Of("User")
            join rights in production.Of("Permission") on user.Name() equals rights.TextAt("spec.user")
            where rights.TextAt("spec.vhost") == BrokerAccess.VirtualHost
            let tags = user.At("spec.tags") is JsonArray list ? string.Join(',', list.Select(tag => tag!.GetValue<string>())) : ""
            select ((string?)user.Name(), (string?)tags, rights.TextAt(
                "spec.permissions.configure"), rights.TextAt("spec.permissions.write"), rights.TextAt("spec.permissions.read")));
    }

    [Fact]
    public async Task Everywhere_the_brokers_policies_are_the_launchers()
    {
        var secret = (await Overlay.LocalSecrets(Cancellation)).Single(manifest => manifest.Name() == "rabbitmq-definitions");
        var definitions = JsonNode.Parse(Convert.FromBase64String(secret.Texts("data")["definitions.json"]))!;
        var launchers = BrokerAccess.Policies
            .Select(policy =>
                $"{policy.Name} {policy.Pattern} {policy.ApplyTo} {policy.Priority} {JsonSerializer.Serialize(policy.Definition)}")
            .ToArray();

        Assert.NotEmpty(launchers);
        Assert.Equal(
            launchers,
            from policy in definitions.List("policies")
            where policy.TextAt("vhost") == BrokerAccess.VirtualHost
            select $"{policy.TextAt("name")} {policy.TextAt("pattern")} {policy.TextAt("apply-to")} {policy.At("priority")} {policy.At("definition")!.ToJsonString()}");
        Assert.Equal(
            launchers,
            from policy in Overlay.Build(Overlay.Production).Of("Policy").OrderByDescending(
                policy => policy.At("spec.priority")!.GetValue<long>())
            where policy.TextAt("spec.vhost") == BrokerAccess.VirtualHost
            select $"{policy.TextAt("spec.name")} {policy.TextAt("spec.pattern")} {policy.TextAt("spec.applyTo")} {policy.At("spec.priority")} {policy.At("spec.definition")!.ToJsonString()}");
    }

    [Fact]
    public async Task The_databases_users_have_the_launchers_rights_everywhere()
    {
        var (launchers, secrets) = await Start("launcher");
        await new Databases(launchers, secrets).Prepare(Cancellation);
        var (locals, _) = await Start("local");
        await RunRoles(locals);
        var (productives, _) = await Start("production");
        foreach (var service in Replicas.Services)
        {
            await Bootstrap(productives, Overlay.Build(Overlay.Production).Get("Cluster", service + "-db"));
        }

        var expected = await RightsIn(launchers);
        Assert.Contains(
            expected,
            right => right.StartsWith("payment: default of payment_owner in payment on r: payment=arwd", StringComparison.Ordinal));
        Assert.Equal(expected, await RightsIn(locals));
        Assert.Equal(expected, await RightsIn(productives));

        // The comparison finds an additional right.
        await Run(
            locals, "payment", "grant select on all tables in schema payment to ordering; grant connect on database payment to ordering");
        Assert.NotEqual(expected, await RightsIn(locals));
    }

    static IEnumerable<(string?, string?, string?, string?, string?)> Launchers()
    {
        var folder = Directory.CreateTempSubdirectory("shop-access-").FullName;
        try
        {
            return [.. BrokerAccess.Users(new Secrets(folder)).Select(
                user => ((string?)user.Name, (string?)user.Tags, (string?)user.Configure, (string?)user.Write, (string?)user.Read))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    async Task<(PostgresServer Server, Secrets Secrets)> Start(string name)
    {
        var state = new StateDirectory(Path.Combine(_folder, name));
        var server = new PostgresServer(state, FreePorts.Take(1)[0], durable: false);
        _servers.Add(server);
        await server.Start(Cancellation);
        return (server, state.Secrets);
    }

    // Runs the scripts like the image when it makes its database: with psql, on files of the pod.
    async Task RunRoles(PostgresServer server)
    {
        var local = Overlay.Build(Overlay.Local);
        var passwords = Directory.CreateDirectory(Path.Combine(_folder, "passwords")).FullName;
        var sources = local.Get("StatefulSet", "postgres")
            .PodTemplate().List("spec.volumes").Single(volume => volume.TextAt("name") == "passwords").List("projected.sources");
        foreach (var file in sources.SelectMany(source => source.List("secret.items")).Select(item => item.TextAt("path")!))
        {
            await File.WriteAllTextAsync(Path.Combine(passwords, file), $"password in {file}", Cancellation);
        }

        var access = Directory.CreateDirectory(Path.Combine(_folder, "access")).FullName;
        foreach (var (name, text) in local.Get("ConfigMap", "postgres-access").Texts("data"))
        {
            await File.WriteAllTextAsync(Path.Combine(access, name), text, Cancellation);
        }

        var login = new NpgsqlConnectionStringBuilder(server.ConnectionString());
        var result = await Tool.Run(
            [
                "psql",
                "-X",
                "-q",
                "-h",
                "127.0.0.1",
                "-p",
                $"{server.Port}",
                "-U",
                login.Username!,
                "-d",
                "postgres",
                "-v",
                $"secrets={passwords}",
                "-f",
                Path.Combine(access, "prepare.sql")
            ],
            environment: new Dictionary<string, string> { ["PGPASSWORD"] = login.Password! },
            cancellation: Cancellation);
        Assert.True(result.Succeeded, result.Output);
        await using var ordering = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={server.Port};Database=ordering;Username=ordering;Password=password in postgres-ordering.password;Pooling=false");
        await ordering.OpenAsync(Cancellation);
    }

    // Runs the statements like the operator, in its documented order. The test has one server for all three.
    static async Task Bootstrap(PostgresServer server, JsonObject cluster)
    {
        var bootstrap = cluster.At("spec.bootstrap.initdb")!;
        var (database, owner) = (bootstrap.TextAt("database")!, bootstrap.TextAt("owner")!);
        await Run(server, "postgres", $"create role {owner} login");
        foreach (var statement in Statements(bootstrap, "postInitSQL"))
        {
            try
            {
                await Run(server, "postgres", statement);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DuplicateObject
                && statement == $"create role {Databases.Audit} login")
            {
                // Another of the three clusters has created the role here. In production, each cluster has its own.
            }
        }

        await Run(server, "postgres", $"create database {database} owner {owner}");
        foreach (var statement in Statements(bootstrap, "postInitApplicationSQL"))
        {
            await Run(server, database, statement);
        }

        Assert.Equal(
            [database, Databases.Audit],
            cluster.List("spec.managed.roles").Where(role => role.At("login")!.GetValue<bool>()).Select(role => role.TextAt("name")));
    }

    static IEnumerable<string> Statements(JsonNode bootstrap, string name) =>
        bootstrap[name]!.AsArray().Select(statement => statement!.GetValue<string>());

    static async Task<IReadOnlyList<string>> RightsIn(PostgresServer server)
    {
        var rights = await Column(server, "postgres", """
            select format('role %s with %s: %s%s%s%s%s%s, in %s', rolname, rolconfig, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
                array(select roleid::regrole::text from pg_auth_members where member = pg_roles.oid))
            from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'
            union all
            select format('database %s of %s: %s', datname, datdba::regrole, array(select acl::text from unnest(datacl) as acl order by 1))
            from pg_database where not datistemplate and datname <> 'postgres'
            order by 1
            """);
        foreach (var service in Replicas.Services)
        {
            rights.AddRange((await Column(server, service, """
                select format('schema %s of %s: %s', nspname, nspowner::regrole, array(select acl::text from unnest(nspacl) as acl order by 1))
                from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
                union all
                select format('default of %s in %s on %s: %s', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype,
                    array_to_string(array(select acl::text from unnest(defaclacl) as acl order by acl::text desc), ' '))
                from pg_default_acl
                order by 1
                """)).Select(right => $"{service}: {right}"));
        }

        return rights;
    }

    static async Task<List<string>> Column(PostgresServer server, string database, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var values = new List<string>();
        while (await reader.ReadAsync(Cancellation))
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    static async Task Run(PostgresServer server, string database, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
