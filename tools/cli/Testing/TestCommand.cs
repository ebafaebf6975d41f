using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Cli.Testing;

/// <summary>./shop test: everything the tests need, then all tests, then what they left behind. The script has built them.</summary>
static class TestCommand
{
    // A test project waits for its own conditions with deadlines far below this.
    const string LimitPerProject = "15m";

    static readonly Dictionary<string, string> _environment = new()
    {
        // Nothing of the build may stay running afterwards.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        // Tests start systems of their own, wherever this one is told to keep its state.
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

    // Everything, or the projects that use one.
    static bool NeedsBrowser(string[] arguments) =>
        !NamesProjects(arguments) || arguments.Any(argument => argument.Contains("Traces.Tests", StringComparison.Ordinal));

    static bool NamesProjects(string[] arguments) => arguments.Contains("--project") || arguments.Contains("--test-modules");

    static async Task<int> Run(Checkout checkout, string[] arguments, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        string[] which = NamesProjects(arguments)
            ? [] : ["--solution", Path.Combine(checkout.Root, "Shop.sln")];
        var result = await Tool.Run(
            [
                Environment.ProcessPath!, "test", .. which, "--configuration", "Release", "--no-build", "--no-ansi", "--no-progress",
                // One at a time: each brings servers of its own. A filter may leave a project without tests (exit code 8).
                "--max-parallel-test-modules", "1", "--ignore-exit-code", "8", "--timeout", LimitPerProject,
                .. arguments,
            ],
            checkout.Root,
            _environment,
            Print.Line,
            cancellation);
        var totals = TestTotals.Read(result.Output, result.ExitCode);
        Print.Line();
        Print.Line($"The tests took {clock.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s; {totals.Skipped} were skipped.");
        Print.Line($"{totals.Passed} passed, {totals.Failed} failed");
        return totals.Failed == 0 ? 0 : 1;
    }
}
