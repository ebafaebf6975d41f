using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Logs;

/// <summary>
/// A process of the system that bounds the logs of all others while they run, for as long as they run: a part that is put aside and a
/// log make at most <see cref="BytesMax"/> each, and what is written in <see cref="_interval"/>.
/// </summary>
public static class LogKeeper
{
    public const string Name = "log-keeper";

    /// <summary>The command of ./shop that is this process.</summary>
    public const string Word = "keep-logs";

    const long BytesMax = 20_000_000;
    static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    public static BackgroundProcess Process(Checkout checkout)
    {
        var program = Path.Combine(checkout.Root, "tools", "cli", "bin", "Release", "net10.0", "Shop.Cli.dll");
        return new(Name, 0, BuiltPrograms.Dotnet, [program, Word, checkout.State.Logs]);
    }

    public static void Keep(string folder, long bytesMax = BytesMax)
    {
        var logs = Directory.Exists(folder) ? new DirectoryInfo(folder).GetFiles("*.log") : [];
        foreach (var log in logs.Where(log => log.Length > bytesMax))
        {
            try
            {
                LogRotation.PutAside(log.FullName);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A log may be deleted at this moment, for example. The next round comes soon.
                Console.Error.WriteLine(error.Message);
            }
        }
    }

    public static async Task Run(string folder, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            Keep(folder);
            await Task.Delay(_interval, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
