using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Cli.Testing;

/// <summary>
/// ./shop test: installs what the tests need, runs all tests and removes what they left behind. The script has built them.
/// </summary>
static class TestCommand
{
    // A test project waits for its own conditions with deadlines far below this.
    const string LimitPerProject = "20m";

    // These start whole systems of seven processes, and wait for them: they get the machine for themselves.
    static readonly string[] _wholeSystems = ["AppHost.Tests", "EndToEnd.Tests", "Terminal.Tests", "Upgrade.Tests"];

    static readonly Dictionary<string, string> _environment = new()
    {
        // No process of the build may stay afterwards.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        // Tests start systems of their own, so they must not get this system's state directory.
        [Checkout.StateVariable] = "",
    };

    public static Command Command(Checkout checkout)
    {
        var arguments = new Argument<string[]>("arguments")
        {
            Description = "Passed on to dotnet test, such as --project tests/Messaging.Tests or --filter-class *OrderTests",
        };
        var command = new Command("test", "Runs all tests, on a PostgreSQL and a RabbitMQ of their own") { arguments };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellation) =>
        {
            var steps = new Steps(Terminal.Out);
            string[] passedOn = [.. parsed.GetValue(arguments) ?? [], .. parsed.UnmatchedTokens];
            await DebianPackages.AddMissing(
                NeedsBrowser(passedOn) ? [.. DebianPackages.Servers, DebianPackages.Browser] : DebianPackages.Servers, steps, cancellation);
            await steps.Show(() => Promtool.AddMissing(checkout.Root, steps, cancellation));
            var leftovers = new TestLeftovers(checkout.Root);
            await leftovers.Clear();
            try
            {
                return await Run(checkout, passedOn, cancellation);
            }
            finally
            {
                await leftovers.Clear();
            }
        });
        return command;
    }

    // A browser is needed for all tests together, and for the projects that use one.
    static bool NeedsBrowser(string[] arguments) =>
        !NamesProjects(arguments) || arguments.Any(argument => argument.Contains("Traces.Tests", StringComparison.Ordinal));

    static bool NamesProjects(string[] arguments) => arguments.Any(argument => argument is "--project" or "--test-modules" or "--solution");

    static async Task<int> Run(Checkout checkout, string[] arguments, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        TestTotals[] totals = NamesProjects(arguments)
            ? [await Run(checkout, [], 1, arguments, cancellation)]
            :
            [
                await Run(checkout, Projects(checkout).Except(_wholeSystems), 2, arguments, cancellation),
                await Run(checkout, _wholeSystems, 1, arguments, cancellation),
            ];
        var all = TestTotals.Sum(totals);
        Print.Line();
        var seconds = clock.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        Print.Line($"The tests took {seconds} s; {all.Skipped} were skipped.");
        Print.Line($"{all.Passed} passed, {all.Failed} failed");
        return all.Failed == 0 ? 0 : 1;
    }

    static IEnumerable<string> Projects(Checkout checkout) =>
        Directory.EnumerateDirectories(Path.Combine(checkout.Root, "tests"), "*.Tests").Select(folder => Path.GetFileName(folder));

    // A missing module is an error, because a pattern without a match would leave its project out.
    static string Built(Checkout checkout, string project)
    {
        var folder = Path.Combine(checkout.Root, "tests", project, "bin", "Release");
        var module = $"Shop.{project}.dll";
        return Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Select(framework => Path.Combine(framework, module))
            .FirstOrDefault(File.Exists) is { } file
            ? Path.GetRelativePath(checkout.Root, file)
            : throw new UserError($"tests/{project} has not been built: {module} is missing in {folder}");
    }

    static async Task<TestTotals> Run(
        Checkout checkout, IEnumerable<string> projects, int atOnce, string[] arguments, CancellationToken cancellation)
    {
        string[] modules = [.. projects.Order().Select(name => Built(checkout, name))];
        string[] which = modules is [] ? ["--configuration", "Release", "--no-build"] : ["--test-modules", string.Join(';', modules)];
        var result = await Tool.Run(
            [
                Environment.ProcessPath!, "test", .. which, "--no-ansi", "--no-progress",
                "--max-parallel-test-modules", atOnce.ToString(CultureInfo.InvariantCulture),
                // A filter may leave a project without tests (exit code 8).
                "--ignore-exit-code", "8", "--timeout", LimitPerProject,
                .. arguments,
            ],
            checkout.Root,
            _environment,
            Print.Line,
            cancellation);
        return TestTotals.Read(result.Output, result.ExitCode);
    }
}
