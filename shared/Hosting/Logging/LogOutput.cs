using System.Buffers;
using System.Globalization;
using System.Text;

namespace Shop.Hosting;

/// <summary>
/// Writes lines on a thread of its own, all waiting lines with one call. A log that cannot be written, because a disk is full or nobody
/// reads, stops nothing. Lines beyond a limit are dropped, and the next output begins with a line that says how many.
/// </summary>
sealed class LogOutput : IDisposable
{
    const int WaitingBytesMax = 4 * 1024 * 1024;
    static readonly TimeSpan _lastLinesLimit = TimeSpan.FromSeconds(2);

    readonly Stream _stream;
    readonly Thread _thread;
    readonly object _gate = new();
    ArrayBufferWriter<byte> _waiting = new(64 * 1024);
    ArrayBufferWriter<byte> _leaving = new(64 * 1024);
    long _lost;
    bool _ended;

    public LogOutput(Stream stream)
    {
        _stream = stream;
        _thread = new(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    public void Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_ended || _waiting.WrittenCount + line.Length > WaitingBytesMax)
            {
                Interlocked.Increment(ref _lost);
                return;
            }

            _waiting.Write(line);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Returns when everything is written, or after a moment if it cannot be written.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join(_lastLinesLimit);
    }

    void Run()
    {
        while (Next())
        {
            var lost = Interlocked.Exchange(ref _lost, 0);
            try
            {
                if (lost > 0)
                {
                    _stream.Write(LostLines(lost));
                }

                _stream.Write(_leaving.WrittenSpan);
                _stream.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                Interlocked.Add(ref _lost, lost + _leaving.WrittenSpan.Count((byte)'\n'));
            }

            _leaving.ResetWrittenCount();
        }
    }

    bool Next()
    {
        lock (_gate)
        {
            while (_waiting.WrittenCount == 0 && !_ended)
            {
                Monitor.Wait(_gate);
            }

            (_waiting, _leaving) = (_leaving, _waiting);
            return _leaving.WrittenCount > 0;
        }
    }

    // The report begins a new line, because the last line may have lost its end.
    static byte[] LostLines(long lost) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""

        {"time":"{{TimeProvider.System.GetUtcNow().UtcDateTime:O}}","level":"Warning","category":"{{typeof(LogOutput).FullName}}","message":"{{lost}} lines of the log were lost","lines":{{lost}}}

        """));
}
