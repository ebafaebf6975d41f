using System.Text;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Support.Terminals;

namespace Shop.Terminal.Tests;

/// <summary>A system that exists as long as a class of tests. Only typed commands change it.</summary>
public class TypedSystem : IAsyncLifetime
{
    // The offset is no multiple of those that people choose, and far from the other tests'.
    const int PortsAbove = 1844;

    public const int Wide = 80;
    public const int Narrow = 40;

    readonly Checkout _checkout;
    readonly Dictionary<string, string> _environment;

    public TypedSystem()
    {
        var root = Checkout.FindRoot();
        var state = new StateDirectory(Path.Combine(root, ".shop", $"{StateDirectory.TestPrefix}{Environment.ProcessId}-{GetType().Name}"));
        _checkout = new(root, state, new(Ports.FromEnvironment().Offset + PortsAbove));
        _environment = new()
        {
            [Checkout.StateVariable] = state.Path,
            [Ports.Variable] = $"{_checkout.Ports.Offset}",
        };
    }

    internal StateDirectory State => _checkout.State;

    internal StateDirectory DrillState => new(State.Combine("drill"));

    /// <summary>The command lines of all running processes of this system, also of those that are not in its process table.</summary>
    public IReadOnlyList<string> Running() => [.. Directory.EnumerateDirectories("/proc")
        .Select(folder => Path.GetFileName(folder))
        .Where(pid => pid.All(char.IsAsciiDigit) && Belongs(pid))
        .Select(pid => Read(pid, "cmdline").Replace('\0', ' '))];

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await using (var down = Type("down --wipe"))
        {
            await MustBeRight(down);
        }

        Assert.Empty(Running());
        Directory.Delete(State.Path, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Types a command into a terminal.</summary>
    public PseudoTerminal Type(
        string command, int columns = Wide, bool answers = true, params (string Key, string Value)[] settings) => new(
        [Path.Combine(_checkout.Root, "shop"), .. command.Split(' ')], columns, answers, With(settings));

    /// <summary>Runs a command where there is no terminal.</summary>
    /// <returns>What it wrote, to both outputs.</returns>
    internal Task<Tool.Result> Pipe(string command) =>
        Tool.Run(
            [Path.Combine(_checkout.Root, "shop"), .. command.Split(' ')],
            environment: _environment,
            cancellation: TestContext.Current.CancellationToken);

    internal Task<Tool.Result> Shell(string command) =>
        Tool.Run(["bash", "-c", command], _checkout.Root, _environment, cancellation: TestContext.Current.CancellationToken);

    /// <summary>Ends with this exit code; shows no stack trace and no broken word, and the cursor is back.</summary>
    public static async Task<string> MustBeRight(PseudoTerminal terminal, int exitCode = 0)
    {
        var ended = await terminal.End();
        var text = terminal.Screen.ToString();
        Assert.True(ended == exitCode, $"It ended with {ended}, not {exitCode}:\n{text}");
        MustBeReadable(text);
        Assert.True(terminal.Screen.IsCursorVisible, $"The cursor is gone:\n{text}");
        var broken = terminal.Screen.BrokenWords(line => IsCopied(line) || IsShifted(line)).ToArray();
        Assert.True(broken is [], $"Broken words: {string.Join(", ", broken)}\n{text}");
        return text;
    }

    public static void MustBeReadable(string text)
    {
        Assert.DoesNotContain("Unhandled exception", text, StringComparison.Ordinal);
        Assert.DoesNotContain("SHOP_DEBUG", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(?m)^\s+at [\w.<>`]+\(", text);
    }

    // The terminal itself writes this where the cursor is when somebody presses Ctrl+C, which may be in the middle of a line.
    static bool IsShifted(string line) => line.Contains("^C", StringComparison.Ordinal);

    // The lines of a curl command.
    static bool IsCopied(string line) =>
        line.StartsWith("  curl ", StringComparison.Ordinal) || line.StartsWith("    -", StringComparison.Ordinal);

    Dictionary<string, string> With((string Key, string Value)[] settings) =>
        new([.. _environment, .. settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))]);

    // Programs pass on the environment they were started with; PostgreSQL writes its title over it, but works in its folder.
    bool Belongs(string pid) =>
        Read(pid, "environ").Split('\0').Contains($"{Checkout.StateVariable}={State.Path}")
        || Read(pid, "cmdline").Contains(State.Path + "/", StringComparison.Ordinal)
        || (new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "").StartsWith(State.Path + "/", StringComparison.Ordinal);

    static string Read(string pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}", Encoding.Latin1);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
