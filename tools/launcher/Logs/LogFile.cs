using System.Text;

namespace Shop.Launcher.Logs;

/// <summary>A log that is being written, read from its beginning. The part that was put aside comes first.</summary>
public sealed class LogFile
{
    const int BlockBytes = 64 * 1024;

    // The position of the next line, from the beginning of the log. It is negative in the part before it.
    long _position;
    DateTime _putAside;

    public LogFile(string process, string file)
    {
        (Process, File) = (process, file);
        using var parts = Open();
        (_position, _putAside) = (parts.Start, parts.PutAside);
    }

    public string Process { get; }

    public string File { get; }

    /// <summary>The logs of a system.</summary>
    public static IReadOnlyList<LogFile> All(StateDirectory state) => !Directory.Exists(state.Logs) ? [] :
    [
        .. Directory.GetFiles(state.Logs, "*.log")
            .Order(StringComparer.Ordinal)
            .Select(file => new LogFile(Path.GetFileNameWithoutExtension(file), file)),
    ];

    public void SkipToEnd() => _position = new FileInfo(File).Length;

    /// <summary>Moves to the last lines.</summary>
    public void SkipToLast(int lines)
    {
        using var parts = Open();
        var (block, newlines) = (new byte[BlockBytes], 0);
        for (var until = parts.End; until > parts.Start;)
        {
            // A block does not cross the border of the parts.
            var from = Math.Max(until - BlockBytes, until > 0 ? 0 : parts.Start);
            var read = parts.Read(from, block.AsSpan(0, (int)(until - from)));
            for (var index = read - 1; index >= 0; index--)
            {
                if (block[index] == (byte)'\n' && ++newlines > lines)
                {
                    _position = from + index + 1;
                    return;
                }
            }

            until = from;
        }

        _position = parts.Start;
    }

    /// <summary>The whole lines added since the last time.</summary>
    public IEnumerable<string> ReadNew()
    {
        using var parts = Open();
        Follow(parts);
        var (block, kept) = (new byte[BlockBytes], 0);
        while (parts.Read(_position + kept, block.AsSpan(kept)) is > 0 and var read)
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

    // A log that has become shorter was put aside in part, and its lines have moved up. Or it was begun anew.
    void Follow(Parts parts)
    {
        if (parts.End < _position)
        {
            _position = parts.PutAside == _putAside ? 0 : _position + parts.Start;
        }

        (_position, _putAside) = (Math.Max(_position, parts.Start), parts.PutAside);
    }

    Parts Open() => new(File);

    /// <summary>A log and the part before it, as one.</summary>
    sealed class Parts(string file) : IDisposable
    {
        readonly FileStream? _aside =
            System.IO.File.Exists(LogRotation.PreviousPartOf(file)) ? Open(LogRotation.PreviousPartOf(file)) : null;
        readonly FileStream _log = Open(file);

        public long Start => -(_aside?.Length ?? 0);

        public long End => _log.Length;

        public DateTime PutAside => _aside is null ? default : System.IO.File.GetLastWriteTimeUtc(_aside.SafeFileHandle);

        public int Read(long position, Span<byte> block)
        {
            var (part, at) = position < 0 ? (_aside!, position - Start) : (_log, position);
            part.Position = at;
            return part.Read(block);
        }

        public void Dispose()
        {
            _aside?.Dispose();
            _log.Dispose();
        }

        static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }
}
