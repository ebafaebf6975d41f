using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Shop.Cli.Running;
using Shop.Cli.Servers;

namespace Shop.Cli.Commands;

/// <summary>./shop test: everything tests need, all tests, and nothing left behind.</summary>
static partial class Test
{
    public static Command Command(Checkout checkout)
    {
        var arguments = new Argument<string[]>("arguments") { Description = "Passed on to dotnet test, such as --project tests/Messaging.Tests" };
        var command = new Command("test", "Runs all tests, on a PostgreSQL and a RabbitMQ of their own") { arguments };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancellation) =>
        {
            var steps = new Steps(Terminal.Out);
            if (DebianPackages.Missing() is { Count: > 0 } packages)
            {
                var names = string.Join(" and ", packages);
                await steps.Run($"installing {names}", () => DebianPackages.Add(packages, cancellation), $"{names} installed");
            }

            await RemoveLeftovers(checkout);
            var clock = Stopwatch.StartNew();
            var outcome = await Run(checkout, [.. parsed.GetValue(arguments) ?? [], .. parsed.UnmatchedTokens], cancellation);
            await RemoveLeftovers(checkout);
            Terminal.Line();
            Terminal.Line($"All tests took {clock.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s.");
            Terminal.Line($"{outcome.Passed} passed, {outcome.Failed} failed");
            return outcome is { ExitCode: 0, Failed: 0, Passed: > 0 } ? 0 : 1;
        });
        return command;
    }

    sealed record Outcome(int ExitCode, int Passed, int Failed);

    static async Task<Outcome> Run(Checkout checkout, string[] arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            WorkingDirectory = checkout.Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var what = arguments.Contains("--project") || arguments.Contains("--test-modules") ? (string[])[] : ["--solution", "Shop.sln"];
        foreach (var argument in (string[])
            ["test", .. what, "--configuration", "Release", "--no-build", "--max-parallel-test-modules", "1", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        // Tests start systems of their own, whatever this one is told to be.
        start.Environment.Remove("SHOP_STATE");
        start.Environment.Remove(Ports.Variable);
        using var process = Process.Start(start)!;
        var (passed, failed) = (0, 0);
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            Terminal.Line(line);
            passed = Count("succeeded", line) ?? passed;
            failed = Count("failed", line) ?? failed;
        }

        await process.WaitForExitAsync(cancellation);
        // A module that died has run tests it could not count.
        return new(process.ExitCode, passed, process.ExitCode != 0 && failed == 0 ? 1 : failed);
    }

    // The closing summary has a line for each: "  succeeded: 12".
    static int? Count(string what, string line) =>
        SummaryLine().Match(line) is { Success: true } match && match.Groups["what"].Value == what
            ? int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture)
            : null;

    static async Task RemoveLeftovers(Checkout checkout)
    {
        var states = new DirectoryInfo(Path.Combine(checkout.Root, ".shop"));
        foreach (var directory in states.Exists ? states.GetDirectories(StateDirectory.TestPrefix + "*") : [])
        {
            var left = checkout with { State = new StateDirectory(directory.FullName) };
            var stop = new SystemStop(left, new Steps(Terminal.Error));
            await stop.Run();
            stop.Wipe();
            directory.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"^\s*(\x1b\[[0-9;]*m)*(?<what>succeeded|failed):\s*(?<count>\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex SummaryLine();
}
