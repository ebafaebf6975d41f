using Shop.Launcher.Processes;

namespace Shop.Launcher;

/// <summary>What one system keeps on disk: data, logs, secrets, and the processes it runs. Usually <c>.shop</c>.</summary>
public sealed class StateDirectory
{
    /// <summary>Begins the name of a folder that belongs to a test process; the rest is its process id.</summary>
    public const string TestPrefix = "test-";

    static readonly TimeSpan _lockPollInterval = TimeSpan.FromMilliseconds(100);

    public StateDirectory(string path)
    {
        Path = path;
        Processes = new(System.IO.Path.Combine(path, "processes.json"));
        Secrets = new(System.IO.Path.Combine(path, "secrets"));
    }

    public string Path { get; }

    public ProcessTable Processes { get; }

    public Secrets Secrets { get; }

    public string Logs => System.IO.Path.Combine(Path, "logs");

    public string LogOf(string process) => System.IO.Path.Combine(Logs, process + ".log");

    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Waits until no other command changes this system. The lock ends with the process that holds it.</summary>
    public async Task<IDisposable> Lock(Action onWait, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path);
        for (var waited = false; ; waited = true)
        {
            try
            {
                return new FileStream(Combine("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(Combine("lock")))
            {
                if (!waited)
                {
                    onWait();
                }

                await Task.Delay(_lockPollInterval, cancellation);
            }
        }
    }
}
