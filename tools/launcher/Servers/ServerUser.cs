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
    /// Makes a folder that only that user can enter. If that user cannot reach the path (a checkout in root's home), the folder is
    /// elsewhere, and the path is a link to it.
    /// </summary>
    public static async Task MakeFolder(string path)
    {
        var substitute = SubstituteFor(path);
        if (LinkOf(path) is { } target && target != substitute)
        {
            // A copied checkout has the link of the original, whose data it must not share.
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
            real = substitute;
            MakeParentsReachable(real);
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
        var substitute = SubstituteFor(path);
        if (LinkOf(path) is { } target)
        {
            File.Delete(path);
            if (target == substitute && Directory.Exists(substitute))
            {
                Directory.Delete(Path.GetDirectoryName(substitute)!, recursive: true);
            }
        }
        else if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    // Other users must be able to enter the parents, whatever the umask is.
    static void MakeParentsReachable(string folder)
    {
        foreach (var parent in new[] { SharedHome, Path.GetDirectoryName(folder)! })
        {
            Directory.CreateDirectory(parent);
            File.SetUnixFileMode(parent, (UnixFileMode)0b111_101_101);
        }
    }

    static string? LinkOf(string path) => new FileInfo(path).LinkTarget;

    // Each path has a substitute of its own.
    static string SubstituteFor(string path)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..16];
        return Path.Combine(SharedHome, hash, Path.GetFileName(path));
    }
}
