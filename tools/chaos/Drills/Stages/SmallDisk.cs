using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Drills.Stages;

/// <summary>A small disk (tmpfs) for the database server alone, so that filling it up affects no other program.</summary>
public sealed class SmallDisk(string folder)
{
    const string Size = "640m";
    const string Filler = "filler";

    string Real => ServerUser.RealFolder(folder);

    bool IsMounted => Directory.Exists(Real) && File.ReadLines("/proc/mounts").Any(line => line.Split(' ')[1] == ProcFiles.RealPath(Real));

    /// <summary>Whether this machine allows one.</summary>
    public static bool IsPossible()
    {
        var trial = Directory.CreateTempSubdirectory("shop-disk-").FullName;
        try
        {
            return Environment.IsPrivilegedProcess
                && Run("mount", "-t", "tmpfs", "none", trial).GetAwaiter().GetResult()
                && Run("umount", trial).GetAwaiter().GetResult();
        }
        finally
        {
            Directory.Delete(trial);
        }
    }

    public async Task Mount()
    {
        await ServerUser.MakeFolder(folder);
        if (!await Run("mount", "-t", "tmpfs", "-o", $"size={Size},mode=0700", "none", Real))
        {
            throw new UserError($"No small disk could be mounted at {Real}.");
        }

        await ServerUser.GiveTo(Real);
    }

    public async Task Unmount()
    {
        if (IsMounted)
        {
            await Run("umount", "--lazy", Real);
        }
    }

    /// <summary>Fills the disk to the last byte.</summary>
    public void Fill()
    {
        using var file = File.Create(Path.Combine(Real, Filler), bufferSize: 0);
        var piece = new byte[1 << 16];
        try
        {
            while (true)
            {
                file.Write(piece);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Path.Combine(Real, Filler));

    static async Task<bool> Run(params string[] command) => (await Tool.Run(command)).Succeeded;
}
