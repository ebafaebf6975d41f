using System.Security.Cryptography;
using System.Text;
using Shop.Launcher.Processes;

namespace Shop.Launcher.Servers;

/// <summary>The user PostgreSQL runs as. It refuses to run as root, so root hands it to the user of its package.</summary>
public static class ServerUser
{
    const string Unprivileged = "postgres";
    const string SharedHome = "/var/lib/shop";

    /// <summary>The command as that user; this very process becomes the command, so its id stays the same.</summary>
    public static string[] Run(params IEnumerable<string> command) => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={Unprivileged}", $"--regid={Unprivileged}", "--init-groups", "--", .. command]
        : [.. command];

    /// <summary>
    /// A folder only that user can enter. It stands where it is wanted, or, when the way there is closed to that user
    /// (a checkout in root's home), elsewhere, with a link in its place.
    /// </summary>
    public static async Task MakeFolder(string path)
    {
        var elsewhere = HomeElsewhere(path);
        if (LinkOf(path) is { } target && target != elsewhere)
        {
            // A copied checkout brings the link of the original along: it must not share its data.
            File.Delete(path);
        }

        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(parent);
        var real = path;
        if (Environment.IsPrivilegedProcess && !(await Tool.Run(Run("test", "-x", parent))).Succeeded)
        {
            real = elsewhere;
            MakeWayTo(real);
            File.Delete(path);
            Directory.CreateSymbolicLink(path, real);
        }

        Directory.CreateDirectory(real);
        File.SetUnixFileMode(real, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await GiveTo(real);
    }

    public static string RealFolder(string path) => LinkOf(path) ?? path;

    public static async Task GiveTo(string path)
    {
        if (Environment.IsPrivilegedProcess)
        {
            var result = await Tool.Run(["chown", $"{Unprivileged}:{Unprivileged}", path]);
            if (!result.Succeeded)
            {
                throw new UserError($"{path} cannot be given to the user {Unprivileged}: {result.Output}");
            }
        }
    }

    public static void DeleteFolder(string path)
    {
        var elsewhere = HomeElsewhere(path);
        if (LinkOf(path) is { } target)
        {
            File.Delete(path);
            if (target == elsewhere && Directory.Exists(elsewhere))
            {
                Directory.Delete(Path.GetDirectoryName(elsewhere)!, recursive: true);
            }
        }
        else if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    // Others must get through, whatever the umask says.
    static void MakeWayTo(string folder)
    {
        foreach (var parent in new[] { SharedHome, Path.GetDirectoryName(folder)! })
        {
            Directory.CreateDirectory(parent);
            File.SetUnixFileMode(parent, (UnixFileMode)0b111_101_101);
        }
    }

    static string? LinkOf(string path) => new FileInfo(path).LinkTarget;

    // One folder for each place it stands in for.
    static string HomeElsewhere(string path)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..16];
        return Path.Combine(SharedHome, hash, Path.GetFileName(path));
    }
}
