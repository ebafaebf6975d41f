using Shop.Cli.Processes;
using Shop.Cli.Running;

namespace Shop.Cli.Servers;

/// <summary>Installs PostgreSQL and RabbitMQ where apt-get can, and otherwise says in one message what to install.</summary>
static class DebianPackages
{
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
    public static async Task AddMissing(Steps steps, CancellationToken cancellation)
    {
        if (Missing() is { Count: > 0 } packages)
        {
            var names = string.Join(" and ", packages);
            await steps.Run($"installing {names}", () => Add(packages, cancellation), $"{names} installed");
        }
    }

    static List<string> Missing()
    {
        var missing = new List<string>();
        if (ServerPrograms.PostgresFolder() is null)
        {
            missing.Add("postgresql");
        }

        if (ServerPrograms.RabbitMqServer is null || ServerPrograms.ErlangNameServer is null)
        {
            missing.Add("rabbitmq-server");
        }

        return missing;
    }

    static async Task Add(IReadOnlyList<string> packages, CancellationToken cancellation)
    {
        var names = string.Join(" and ", packages.Select(package => package == "postgresql" ? "PostgreSQL" : "RabbitMQ"));
        if (!ServerPrograms.Find("apt-get"))
        {
            throw new UserError(
                $"Shop needs {names}, and there is no apt-get here to install it with. Install PostgreSQL 15 or later "
                + "(initdb and postgres on the search path) and RabbitMQ 3.10 or later (rabbitmq-server and epmd on the "
                + "search path), then run the same command again.");
        }

        string[] command = ["/bin/sh", "-c", Install, "install", .. packages];
        var install = Environment.IsPrivilegedProcess ? command : await WithSudo(command, cancellation)
            ?? throw new UserError(
                $"Shop needs {names}, and installing it takes rights this user does not have. Run this once, then the same "
                + $"command again:\n  sudo apt-get install --no-install-recommends {string.Join(' ', packages)}");
        var result = await Tool.Run(install, cancellation: cancellation);
        if (!result.Succeeded || Missing() is not [])
        {
            throw new UserError(
                $"{names} could not be installed by apt-get ({string.Join(' ', packages)}):\n{LastLines(result.Output)}");
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
}
