using System.Runtime.InteropServices;
using Spectre.Console;

namespace Shop.Cli;

/// <summary>
/// Ctrl+C, SIGTERM, or a terminal that closes. The command is asked to end, so that it can say what it leaves behind. A second Ctrl+C does
/// not wait for that.
/// </summary>
sealed class Interruption : IDisposable
{
    // Shells report a signal with this exit code.
    const int ExitCodeOfSignal = 128;
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(20);

    readonly CancellationTokenSource _source = new();
    readonly PosixSignalRegistration[] _registrations;
    int _signal;

    public Interruption() => _registrations =
    [
        Register(PosixSignal.SIGHUP, 1),
        Register(PosixSignal.SIGINT, 2),
        Register(PosixSignal.SIGTERM, 15),
    ];

    public CancellationToken Token => _source.Token;

    public bool IsThere => _signal != 0;

    public int ExitCode => ExitCodeOfSignal + _signal;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    PosixSignalRegistration Register(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _signal, number, 0) == 0)
        {
            // The work continues on another thread: it may take its time, and a second signal must be handled meanwhile.
            _ = _source.CancelAsync();
            _ = Task.Delay(_timeLimit).ContinueWith(_ => End(), TaskScheduler.Default);
        }
        else if (signal == PosixSignal.SIGINT)
        {
            End();
        }
    });

    void End()
    {
        try
        {
            // An interrupted display leaves the cursor hidden.
            Terminal.Out.Cursor.Show();
        }
        finally
        {
            Environment.Exit(ExitCode);
        }
    }
}

/// <summary>An interrupted command has left something behind, and says what.</summary>
sealed class Interrupted(string message) : OperationCanceledException(message);
