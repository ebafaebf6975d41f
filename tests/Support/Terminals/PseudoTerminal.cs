using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;

namespace Shop.Support.Terminals;

/// <summary>
/// A terminal with a command in it, as a person's shell would start it: the command leads a session of its own whose terminal this is, so
/// that Ctrl+C and closing the window reach it by way of the kernel.
/// </summary>
public sealed partial class PseudoTerminal : IAsyncDisposable
{
    const int ReadWrite = 0x2;
    const int NotControlling = 0x100;
    const int CloseOnExec = 0x80000;
    const short Readable = 1;
    const int PollMilliseconds = 50;
    const string CtrlC = "\x03";

    // Becomes the command by steps that replace each other, so that its process id and exit code are the command's.
    const string Begin = """stty rows "$1" cols "$2" <"$0"; shift 2; exec env --default-signal setsid --ctty "$@" <"$0" >"$0" 2>&1""";

    // Variables of a shell without a terminal, or with another one.
    static readonly string[] _foreign = ["COLUMNS", "LINES", "NO_COLOR", "CI", "GITHUB_ACTIONS"];
    static readonly TimeSpan _commandLimit = TimeSpan.FromMinutes(4);

    readonly SafeFileHandle _master;
    readonly FileStream _stream;
    readonly bool _answers;
    readonly Process _process;
    readonly StringBuilder _output = new();
    readonly Task _reading;
    volatile bool _isHungUp;

    /// <param name="answers">Whether it answers when it is asked where its cursor is and what it can do, as most do.</param>
    public PseudoTerminal(
        IEnumerable<string> command, int columns, bool answers, IReadOnlyDictionary<string, string>? environment = null)
    {
        _answers = answers;
        Columns = columns;
        var name = new byte[64];
        _master = new(OpenMaster(ReadWrite | NotControlling | CloseOnExec), ownsHandle: true);
        if (_master.IsInvalid || Grant(_master) != 0 || Unlock(_master) != 0 || NameOf(_master, name, name.Length) != 0)
        {
            throw new InvalidOperationException("There is no pseudo terminal.");
        }

        _stream = new(_master, FileAccess.ReadWrite, bufferSize: 0);
        var start = new ProcessStartInfo("/bin/sh", [
            "-c", Begin, Encoding.ASCII.GetString(name).TrimEnd('\0'), "24", $"{columns}", .. command
        ]) { WorkingDirectory = AppContext.BaseDirectory };
        foreach (var variable in _foreign)
        {
            start.Environment.Remove(variable);
        }

        start.Environment["TERM"] = "xterm-256color";
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        _process = Process.Start(start)!;
        _reading = Task.Run(Read);
    }

    public int Columns { get; }

    /// <summary>Everything the command has written, control sequences and all.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public Screen Screen => Screen.After(Output, Columns);

    public Task Shows(string text) => Wait.Until(
        () => Output.Contains(text, StringComparison.Ordinal) || _process.HasExited, $"\"{text}\" in the terminal");

    /// <summary>Has no effect on a command that has ended.</summary>
    public void PressCtrlC()
    {
        if (!_reading.IsCompleted)
        {
            _stream.Write(Encoding.ASCII.GetBytes(CtrlC));
        }
    }

    /// <summary>Closes the window.</summary>
    public async Task HangUp()
    {
        _isHungUp = true;
        await _reading;
    }

    /// <returns>The exit code.</returns>
    public async Task<int> End()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(_commandLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The command did not end. The terminal shows:\n{Screen}");
        }

        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await HangUp();
        _process.Dispose();
    }

    // Ends when the command has ended and all of its output is read, or when the terminal is closed here.
    void Read()
    {
        using var stream = _stream;
        var decoder = Encoding.UTF8.GetDecoder();
        var bytes = new byte[4096];
        var chars = new char[4096];
        var wait = new PollEntry { Handle = (int)_master.DangerousGetHandle(), Events = Readable };
        while (!_isHungUp)
        {
            if (Poll(ref wait, 1, PollMilliseconds) <= 0)
            {
                continue;
            }

            int count;
            try
            {
                count = stream.Read(bytes);
            }
            catch (IOException) when (!_process.HasExited)
            {
                // No process has the terminal open yet, because the command is still starting.
                Thread.Sleep(PollMilliseconds);
                continue;
            }
            catch (IOException)
            {
                return;
            }

            var text = new string(chars, 0, decoder.GetChars(bytes, 0, count, chars, 0));
            lock (_output)
            {
                _output.Append(text);
            }

            foreach (var question in _answers ? Question().Matches(text) : Enumerable.Empty<Match>())
            {
                stream.Write(Encoding.ASCII.GetBytes(question.Value.EndsWith('n') ? "\e[1;1R" : "\e[?62;c"));
            }
        }
    }

    [GeneratedRegex("\e\\[(6n|0?c)")]
    private static partial Regex Question();

    [DllImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    static extern nint OpenMaster(int flags);

    [DllImport("libc", EntryPoint = "grantpt")]
    static extern int Grant(SafeFileHandle master);

    [DllImport("libc", EntryPoint = "unlockpt")]
    static extern int Unlock(SafeFileHandle master);

    [DllImport("libc", EntryPoint = "ptsname_r")]
    static extern int NameOf(SafeFileHandle master, byte[] name, nint length);

    [DllImport("libc", EntryPoint = "poll")]
    static extern int Poll(ref PollEntry entries, uint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    struct PollEntry
    {
        public int Handle;
        public short Events;
        public short ReturnedEvents;
    }
}
