using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Shop.Launcher.Processes;

namespace Shop.Launcher.Compose;

/// <summary>The system of docker-compose.yml, by docker's own commands.</summary>
public sealed class ComposeSystem
{
    const string Folder = ".shop/compose";
    readonly Checkout _users;

    public ComposeSystem(Checkout users)
    {
        _users = users;
        var state = new StateDirectory(Path.Combine(users.Root, Folder));
        Checkout = users with { State = state };
    }

    /// <summary>The program that docker's commands are given to.</summary>
    public string Program { get; init; } = "docker";

    /// <summary>Its secrets, and where it answers on this machine.</summary>
    public Checkout Checkout { get; }

    /// <exception cref="UserError">It has no secrets yet.</exception>
    public void MustHaveSecrets()
    {
        if (!File.Exists(Path.Combine(Checkout.State.Secrets.Directory, "signing-key.pem")))
        {
            throw new UserError(
                "This checkout has no secrets for compose yet. ./shop --target compose up makes them, and so does deploy/secrets.sh.");
        }
    }

    public async Task MakeSecrets(CancellationToken cancellation)
    {
        var made = await Tool.Run(["/bin/sh", Path.Combine(_users.Root, "deploy", "secrets.sh")], cancellation: cancellation);
        if (!made.Succeeded)
        {
            throw new UserError($"The secrets could not be made:\n{made.Output}");
        }
    }

    /// <summary>Runs docker compose on this terminal.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> Show(IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Program, ["compose", .. arguments]) { WorkingDirectory = _users.Root };
        foreach (var (key, value) in Environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start) ?? throw new UserError("docker could not be started.");
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode;
    }

    /// <summary>What a command of this program prints inside the system, where databases and ledger can be reached.</summary>
    public async Task<T> Ask<T>(IEnumerable<string> command, CancellationToken cancellation)
    {
        var result = await Tool.Run(
            [Program, "compose", .. Inside(command, isTerminal: false)], _users.Root, Environment, cancellation: cancellation);
        try
        {
            return JsonSerializer.Deserialize<T>(result.StandardOutput, JsonSerializerOptions.Web)!;
        }
        catch (JsonException)
        {
            throw new UserError($"{string.Join(' ', command)} failed inside the system:\n{result.Output}");
        }
    }

    /// <summary>The arguments of docker compose that run this program inside the system.</summary>
    public static IEnumerable<string> Inside(IEnumerable<string> command, bool isTerminal) =>
    [
        "--profile", "drills", "--progress", "quiet", "run", "--rm", "--no-deps", "--build",
        .. isTerminal ? Array.Empty<string>() : ["--no-TTY"], "cli", .. command,
    ];

    /// <summary>A command of docker itself.</summary>
    /// <exception cref="UserError">It failed.</exception>
    public async Task<string> Docker(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var result = await Tool.Run([Program, .. arguments], _users.Root, Environment, cancellation: cancellation);
        return result.Succeeded
            ? result.Output.Trim()
            : throw new UserError($"docker {string.Join(' ', arguments)} failed:\n{result.Output}");
    }

    /// <summary>The id of a service's container, dead or alive.</summary>
    public async Task<string> ContainerOf(string service, CancellationToken cancellation) =>
        await Docker(["compose", "ps", "--all", "--quiet", service], cancellation) is { Length: > 0 } id
            ? id
            : throw new UserError($"There is no container of {service}. Start the system: ./shop --target compose up");

    public Task<string> Inspect(string container, string format, CancellationToken cancellation) =>
        Docker(["inspect", "--format", format, container], cancellation);

    /// <summary>Whether a container's own health check finds it ready, now.</summary>
    public async Task<bool> IsReady(string container, CancellationToken cancellation)
    {
        var check = JsonSerializer.Deserialize<string[]>(await Inspect(container, "{{json .Config.Healthcheck.Test}}", cancellation))!;
        var result = await Tool.Run(
            [Program, "exec", container, .. check.Skip(1)], environment: Environment, cancellation: cancellation);
        return result.Succeeded;
    }

    /// <summary>Whether the gateway sends no requests to one of a service's replicas.</summary>
    public async Task<bool> IsMissed(string replica, CancellationToken cancellation)
    {
        var gateway = await Tool.Run(
            [Program, "exec", await ContainerOf("gateway", cancellation), "dotnet", "Shop.Gateway.dll", "health"],
            environment: Environment,
            cancellation: cancellation);
        return !gateway.Output.Contains($"{replica.Split('-')[0]}: 2 of 2 replicas", StringComparison.Ordinal);
    }

    /// <summary>
    /// What compose calls the containers, networks and data of a checkout. Each folder has its own name, because two checkouts would
    /// replace each other's containers. deploy/secrets.sh makes the same name.
    /// </summary>
    public static string ProjectOf(string root) => "shop-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..8];

    // Docker is the user's own and keeps its settings. Compose cannot count; these are the ports ./shop uses for the same pages.
    Dictionary<string, string> Environment => new(KnownEnvironment.OfShell)
    {
        ["COMPOSE_PROJECT_NAME"] = ProjectOf(_users.Root),
        ["SHOP_GATEWAY_PORT"] = Text(_users.Ports.Gateway),
        ["SHOP_RABBITMQ_PORT"] = Text(_users.Ports.RabbitMq.Management),
        ["SHOP_JAEGER_PORT"] = Text(_users.Ports.TraceViewer.Page),
    };

    static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
