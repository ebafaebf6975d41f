using System.Text;
using Shop.Launcher.Processes;

namespace Shop.Upgrade.Tests;

/// <summary>
/// The release before this one, built from this repository's own history. The file <c>previous-release</c> names the revision. The built
/// sources stay in <c>.shop/releases</c>, so that they are built once.
/// </summary>
static class PreviousRelease
{
    static readonly string[] _projects =
        [
            "services/ordering/Ordering.csproj",
            "services/inventory/Inventory.csproj",
            "services/payment/Payment.csproj",
            "gateway/Gateway.csproj"
        ];

    static readonly Dictionary<string, string> _environment = new()
    {
        // No process of the build may stay afterwards.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
    };

    public static string RevisionIn(string root) =>
        File.ReadAllText(Path.Combine(root, "tests", "Upgrade.Tests", "previous-release")).Trim();

    /// <summary>Why it cannot be built here; null if it can.</summary>
    public static async Task<string?> Missing(string root, CancellationToken cancellation)
    {
        var revision = RevisionIn(root);
        var found = await Git(root, cancellation, "cat-file", "-e", $"{revision}^{{commit}}");
        return found is { Succeeded: true } ? null
            : $"The previous release is revision {revision}, and this checkout does not have it (a shallow clone, or no clone at all): "
            + $"the upgrade was NOT tested. With a full clone (git fetch --unshallow) it is. {found?.Output}";
    }

    /// <returns>The root of its checkout, with its services built.</returns>
    public static async Task<string> Build(string root, CancellationToken cancellation)
    {
        var revision = RevisionIn(root);
        var folder = Path.Combine(root, ".shop", "releases", revision);
        var built = Path.Combine(folder, "built");
        if (File.Exists(built))
        {
            return folder;
        }

        // Removes the remains of an interrupted build.
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        var archive = folder + ".tar";
        Check(await Git(root, cancellation, "archive", "--format=tar", $"--output={archive}", revision), "git archive");
        await System.Formats.Tar.TarFile.ExtractToDirectoryAsync(archive, folder, overwriteFiles: false, cancellation);
        File.Delete(archive);
        foreach (var project in _projects)
        {
            string[] command = [
                "dotnet",
                "build",
                project,
                "--configuration",
                "Release",
                "--nologo",
                "-v",
                "quiet",
                "-nodeReuse:false",
                "-p:UseSharedCompilation=false"
            ];
            Check(await Tool.Run(command, folder, _environment, cancellation: cancellation), $"building {project} of {revision}");
        }

        await File.WriteAllTextAsync(built, revision, Encoding.UTF8, cancellation);
        return folder;
    }

    // Null where there is no git.
    static async Task<Tool.Result?> Git(string root, CancellationToken cancellation, params string[] arguments)
    {
        try
        {
            // The checkout may belong to another user than the one who runs the tests, as in a container.
            return await Tool.Run(["git", "-c", $"safe.directory={root}", "-C", root, .. arguments], root, cancellation: cancellation);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    static void Check(Tool.Result? result, string what)
    {
        if (result is not { Succeeded: true })
        {
            throw new InvalidOperationException($"{what} failed:\n{result?.Output}");
        }
    }
}
