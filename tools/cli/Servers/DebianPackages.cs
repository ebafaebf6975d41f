using Shop.Cli.Processes;
using Shop.Cli.Running;

namespace Shop.Cli.Servers;

/// <summary>Installs what Shop needs where apt-get can, and otherwise says in one message what to install.</summary>
static class DebianPackages
{
    public static readonly IReadOnlyList<Package> Servers =
    [
        new("postgresql", "PostgreSQL", "PostgreSQL 15 or later (initdb and postgres on the search path)", () => ServerPrograms.PostgresFolder() is not null),
        new(
            "rabbitmq-server",
            "RabbitMQ",
            "RabbitMQ 3.10 or later (rabbitmq-server and epmd on the search path)",
            () => ServerPrograms.RabbitMqServer is not null && ServerPrograms.ErlangNameServer is not null),
    ];

    /// <summary>The trace viewer's page is tested in a real browser.</summary>
    public static readonly Package Browser = new("chromium", "Chromium", "Chromium or Chrome (chromium on the search path)", () => ServerPrograms.Browser is not null);

    /// <summary>RabbitMQ's client for Python.</summary>
    public static readonly Package Pika = new(
        "python3-pika", "Python's RabbitMQ client", "Python 3 and its package pika", () => ServerPrograms.HasPythonModule("pika"));

    // The packages would start servers of their own, with the machine's default ports and data. Debian asks this script
    // first whether a service may start; 101 means no. A script that is already there is put back afterwards.
    const string Install = """
        policy=/usr/sbin/policy-rc.d
        if [ -e $policy ]; then mv $policy $policy.before-shop; fi
        restore() { rm -f $policy; if [ -e $policy.before-shop ]; then mv $policy.before-shop $policy; fi; }
        trap restore EXIT
        printf '#!/bin/sh\nexit 101\n' > $policy
        chmod 755 $policy
        export DEBIAN_FRONTEND=noninteractive
        get() { apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"; }
        get "$@" || { apt-get update && get "$@"; }
        """;

    /// <summary>Installs what is missing, and says so.</summary>
    public static async Task AddMissing(IEnumerable<Package> wanted, Steps steps, CancellationToken cancellation)
    {
        if (Missing(wanted) is { Length: > 0 } packages)
        {
            var names = string.Join(" and ", packages.Select(package => package.Name));
            await steps.Run($"installing {names}", () => Add(packages, cancellation), $"{names} installed");
        }
    }

    static Package[] Missing(IEnumerable<Package> packages) => [.. packages.Where(package => !package.IsThere())];

    static async Task Add(Package[] packages, CancellationToken cancellation)
    {
        var titles = string.Join(" and ", packages.Select(package => package.Title));
        var names = string.Join(' ', packages.Select(package => package.Name));
        if (!ServerPrograms.Find("apt-get"))
        {
            throw new UserError(
                $"Shop needs {titles}, and there is no apt-get here to install it with. Install "
                + $"{string.Join(" and ", packages.Select(package => package.Elsewhere))}, then run the same command again.");
        }

        string[] command = ["/bin/sh", "-c", Install, "install", .. packages.Select(package => package.Name)];
        var install = Environment.IsPrivilegedProcess ? command : await WithSudo(command, cancellation)
            ?? throw new UserError(
                $"Shop needs {titles}, and installing it takes rights this user does not have. Run this once, then the same "
                + $"command again:\n  sudo apt-get install --no-install-recommends {names}");
        var result = await Tool.Run(install, cancellation: cancellation);
        if (!result.Succeeded || Missing(packages) is not [])
        {
            throw new UserError(
                $"{titles} could not be installed by apt-get ({names}):\n{LastLines(result.Output)}");
        }
    }

    static async Task<string[]?> WithSudo(string[] command, CancellationToken cancellation)
    {
        if (!ServerPrograms.Find("sudo"))
        {
            return null;
        }

        // Only where sudo asks for no password: nobody may be there to type one.
        var allowed = await Tool.Run(["sudo", "-n", "true"], cancellation: cancellation);
        return allowed.Succeeded ? ["sudo", "-n", .. command] : null;
    }

    static string LastLines(string output) => string.Join('\n', output.Split('\n').TakeLast(12));

    /// <param name="Name">Debian's.</param>
    /// <param name="Elsewhere">What to install where there is no Debian.</param>
    public sealed record Package(string Name, string Title, string Elsewhere, Func<bool> IsThere);
}
