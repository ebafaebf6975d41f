using System.Text;

namespace Shop.Cli.Logs;

/// <summary>A log that is being written, read from its beginning on.</summary>
sealed class LogFile(string process, string file)
{
    const int BlockBytes = 64 * 1024;

    long _position;

    public string Process => process;

    public string File => file;

    /// <summary>The logs of a system, each after the part of it that was put aside.</summary>
    public static IReadOnlyList<LogFile> All(StateDirectory state) => !Directory.Exists(state.Logs) ? [] :
    [
        .. Directory.GetFiles(state.Logs, "*.log.1").Concat(Directory.GetFiles(state.Logs, "*.log"))
            .Select(file => new LogFile(Path.GetFileName(file)[..Path.GetFileName(file).IndexOf(".log", StringComparison.Ordinal)], file))
            .OrderBy(log => log.Process, StringComparer.Ordinal).ThenByDescending(log => log.File.EndsWith(".1", StringComparison.Ordinal)),
    ];

    public void SkipToEnd() => _position = new FileInfo(file).Length;

    /// <summary>The whole lines added since the last time.</summary>
    public IEnumerable<string> ReadNew()
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length < _position)
        {
            // Begun anew.
            _position = 0;
        }

        stream.Position = _position;
        var (block, kept) = (new byte[BlockBytes], 0);
        while (stream.Read(block, kept, block.Length - kept) is > 0 and var read)
        {
            var (from, until) = (0, kept + read);
            while (block.AsSpan(from, until - from).IndexOf((byte)'\n') is >= 0 and var length)
            {
                yield return Encoding.UTF8.GetString(block, from, length);
                from += length + 1;
                _position += length + 1;
            }

            kept = until - from;
            Buffer.BlockCopy(block, from, block, 0, kept);
            if (kept == block.Length)
            {
                Array.Resize(ref block, block.Length * 2);
            }
        }
    }
}
