using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Shop.Launcher.Logs;

/// <summary>
/// Makes a log shorter that a process is writing. Nobody can tell the process to open another file: its output was given to it when it was
/// started, and PostgreSQL and RabbitMQ know nothing of us. So the file stays, and its beginning moves to a second one.
/// </summary>
static class LogRotation
{
    // Whole blocks of every usual file system.
    const int Block = 64 * 1024;
    const int CollapseRange = 0x08;

    /// <summary>Where the part before this file is.</summary>
    public static string AsideOf(string log) => log + ".1";

    /// <param name="mayCollapse">False does without what not every file system can.</param>
    /// <returns>True if no line can have been lost.</returns>
    public static bool PutAside(string log, bool mayCollapse = true)
    {
        using var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var length = Math.Max(file.Length - 1, 0) / Block * Block;
        var isKept = Copy(file, length, log);
        // Takes the beginning off in one step: what is written meanwhile is written behind it.
        if (length > 0 && mayCollapse && Collapse(file.SafeFileHandle, CollapseRange, 0, length) == 0)
        {
            return true;
        }

        if (isKept)
        {
            using var rest = new FileStream(AsideOf(log), FileMode.Append);
            file.Position = length;
            file.CopyTo(rest);
        }

        // What is written just between these two is lost.
        file.SetLength(0);
        return false;
    }

    // A disk without room for the old part loses it: it must not lose what is written now.
    static bool Copy(FileStream file, long length, string log)
    {
        var draft = AsideOf(log) + ".new";
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

            File.Move(draft, AsideOf(log), overwrite: true);
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
