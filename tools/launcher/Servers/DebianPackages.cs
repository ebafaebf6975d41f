using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Servers;

/// <summary>Installs what Shop needs if apt-get can. Otherwise one message says what to install.</summary>
public static class DebianPackages
{
    public static readonly IReadOnlyList<Package> Servers =
    [
        new(
            "postgresql",
            "PostgreSQL",
            "PostgreSQL 15 or later (initdb and postgres on the search path)",
            () => ServerPrograms.PostgresFolder() is not null),
        new(
            "rabbitmq-server",
            "RabbitMQ",
            "RabbitMQ 3.10 or later (rabbitmq-server and epmd on the search path)",
            () => ServerPrograms.RabbitMqServer is not null && ServerPrograms.ErlangNameServer is not null),
    ];

    /// <summary>The trace viewer's page is tested in a real browser.</summary>
    public static readonly Package Browser = new(
        "chromium",
        "Chromium",
        "Chromium or Chrome (chromium on the search path)",
        () => ServerPrograms.Browser is not null);

    /// <summary>RabbitMQ's client for Python.</summary>
    public static readonly Package Pika = new(
        "python3-pika", "Python's RabbitMQ client", "Python 3 and its package pika", () => ServerPrograms.HasPythonModule("pika"));

    /// <summary>Stands between services and PostgreSQL in a drill.</summary>
    public static readonly Package Pooler = new(
        "pgbouncer", "PgBouncer", "PgBouncer 1.18 or later", () => PgBouncerServer.Program is not null);

    const string Installer = "deploy/install-packages.sh";

    /// <summary>
    /// Installs what is missing, and says so first. Callers must not show a display meanwhile, because sudo may ask for a password.
    /// </summary>
    public static async Task AddMissing(IEnumerable<Package> wanted, Steps steps, CancellationToken cancellation)
    {
        if (Missing(wanted) is not { Length: > 0 } packages)
        {
            return;
        }

        var titles = string.Join(" and ", packages.Select(package => package.Title));
        var names = string.Join(' ', packages.Select(package => package.Name));
        if (!ServerPrograms.Find("apt-get"))
        {
            throw new UserError(
                $"Shop needs {titles}, and there is no apt-get here to install it with. Install "
                + $"{string.Join(" and ", packages.Select(package => package.Elsewhere))}, then run the same command again.");
        }

        var rights = await Rights(cancellation);
        var installation = $"apt-get install --no-install-recommends {names}";
        var byHand = $"Run this once, then the same command again:\n  sudo {Path.Combine(Checkout.FindRoot(), Installer)} {names}\n"
            + $"It runs {installation}, and keeps the servers in these packages from being started.";
        if (rights == InstallRights.None)
        {
            throw new UserError($"Shop needs {titles}, and installing it takes rights this user does not have. {byHand}");
        }

        steps.Note($"Shop needs {titles}, so it runs {installation}. It keeps servers of the machine's own from being started.");
        if (rights == InstallRights.ByPassword)
        {
            steps.Note("Installing takes the rights of root: sudo asks for your password.");
        }

        await steps.Run(
            $"installing {titles}",
            async () =>
            {
                var result = await Tool.Run(
                    [.. Sudo(rights), "/bin/sh", Path.Combine(Checkout.FindRoot(), Installer), .. packages.Select(package => package.Name)],
                    // The packages may be behind a proxy.
                    environment: KnownEnvironment.OfShell,
                    cancellation: cancellation);
                if (!result.Succeeded || Missing(packages) is not [])
                {
                    throw new UserError($"{titles} could not be installed:\n{LastLines(result.Output)}\n{byHand}");
                }
            },
            $"{titles} installed");
    }

    static Package[] Missing(IEnumerable<Package> packages) => [.. packages.Where(package => !package.IsThere())];

    static async Task<InstallRights> Rights(CancellationToken cancellation) =>
        Environment.IsPrivilegedProcess ? InstallRights.Root
        : !ServerPrograms.Find("sudo") ? InstallRights.None
        : (await Tool.Run(["sudo", "-n", "true"], cancellation: cancellation)).Succeeded ? InstallRights.WithoutPassword
        // sudo asks on the terminal itself, so there must be one with a person at it.
        : Console.IsInputRedirected || Console.IsOutputRedirected ? InstallRights.None
        : InstallRights.ByPassword;

    static string[] Sudo(InstallRights rights) => rights switch
    {
        InstallRights.Root => [],
        InstallRights.WithoutPassword => ["sudo", "-n"],
        _ => ["sudo"],
    };

    static string LastLines(string output) => string.Join('\n', output.Split('\n').TakeLast(12));

    enum InstallRights
    {
        None,
        Root,
        WithoutPassword,
        ByPassword,
    }

    /// <param name="Name">Debian's.</param>
    /// <param name="Elsewhere">What to install where there is no Debian.</param>
    public sealed record Package(string Name, string Title, string Elsewhere, Func<bool> IsThere);
}
