using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Cli.Testing;

/// <summary>
/// Prometheus's own checker of settings, alerts and queries. Debian has it in the package of the server, and installing that package would
/// start the server. So the package is unpacked into the checkout, which needs no rights either.
/// </summary>
static class Promtool
{
    const string Unpack = """
        set -e
        mkdir -p "$1"
        cd "$1"
        apt-get download prometheus || { apt-get update && apt-get download prometheus; }
        dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
        mv usr/bin/promtool promtool
        rm -r usr prometheus_*.deb
        """;

    public const string WhatToInstall =
        "promtool is missing, which checks deploy/observability. Install Prometheus, so that promtool is on the search path (https://prometheus.io/download), "
        + "and run the same command again.";

    /// <summary>Null if it is missing.</summary>
    public static string? Find(string root) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append(FolderIn(root))
            .Select(folder => Path.Combine(folder, "promtool"))
            .FirstOrDefault(File.Exists);

    /// <summary>Without it, the tests that need it fail and say what to install. All others run.</summary>
    public static async Task AddMissing(string root, Steps steps, CancellationToken cancellation)
    {
        if (Find(root) is null)
        {
            await steps.Run(
                "getting promtool",
                async () => File.Exists("/usr/bin/apt-get")
                    && (await Tool.Run(["/bin/sh", "-c", Unpack, "unpack", FolderIn(root)], cancellation: cancellation)).Succeeded,
                done => done ? "promtool is there" : WhatToInstall);
        }
    }

    static string FolderIn(string root) => Path.Combine(root, ".shop", "tools");
}
