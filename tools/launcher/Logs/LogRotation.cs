using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Shop.Launcher.Logs;

/// <summary>
/// Shortens a log that a process is writing. The process cannot open another file, because it got its output when it was started. So the
/// file stays, and its beginning moves to a second one.
/// </summary>
static class LogRotation
{
    // The size is whole blocks of every usual file system.
    const int Block = 64 * 1024;
    const int CollapseRange = 0x08;

    /// <summary>Where the part before this file is.</summary>
    public static string PreviousPartOf(string log) => log + ".1";

    /// <param name="mayCollapse">False uses no operation that some file systems lack.</param>
    /// <returns>True if no line can have been lost.</returns>
    public static bool PutAside(string log, bool mayCollapse = true)
    {
        using var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var length = Math.Max(file.Length - 1, 0) / Block * Block;
        var isKept = Copy(file, length, log);
        // Removes the beginning in one step. Lines that are written meanwhile go to the end.
        if (length > 0 && mayCollapse && Collapse(file.SafeFileHandle, CollapseRange, 0, length) == 0)
        {
            return true;
        }

        if (isKept)
        {
            using var rest = new FileStream(PreviousPartOf(log), FileMode.Append);
            file.Position = length;
            file.CopyTo(rest);
        }

        // A line that is written between these two statements is lost.
        file.SetLength(0);
        return false;
    }

    // If the disk has no room for the old part, that part is lost, so that there is room for new lines.
    static bool Copy(FileStream file, long length, string log)
    {
        var draft = PreviousPartOf(log) + ".new";
        try
        {
            using (var copy = new FileStream(draft, FileMode.Create))
            {
                var block = new byte[Block];
                for (var copied = 0L; copied < length; copied += Block)
                {
                    file.ReadExactly(block);
                    copy.Write(block);
                }
            }

            File.Move(draft, PreviousPartOf(log), overwrite: true);
            return true;
        }
        catch (IOException)
        {
            File.Delete(draft);
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "fallocate")]
    static extern int Collapse(SafeFileHandle file, int mode, long offset, long length);
}
