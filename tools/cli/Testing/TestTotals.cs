using System.Globalization;
using System.Text.RegularExpressions;

namespace Shop.Cli.Testing;

/// <summary>The totals of a run, from the summary dotnet test ends with.</summary>
sealed partial record TestTotals(int Passed, int Failed, int Skipped)
{
    /// <summary>Several runs as one. A run of no test at all counts as one failure.</summary>
    public static TestTotals Sum(params IReadOnlyCollection<TestTotals> runs)
    {
        var sum = new TestTotals(runs.Sum(run => run.Passed), runs.Sum(run => run.Failed), runs.Sum(run => run.Skipped));
        return sum is { Passed: 0, Failed: 0 } ? sum with { Failed = 1 } : sum;
    }

    /// <summary>A run that failed without a failed test (a crash, a time limit, no summary) counts as one failure.</summary>
    public static TestTotals Read(string output, int exitCode)
    {
        var start = output.LastIndexOf("Test run summary:", StringComparison.Ordinal);
        var summary = start < 0 ? "" : output[start..];
        var passed = Number(summary, "succeeded");
        var failed = Number(summary, "failed") + Number(summary, "error");
        return new(passed, failed == 0 && (exitCode != 0 || start < 0) ? 1 : failed, Number(summary, "skipped"));
    }

    static int Number(string summary, string name) => Line().Matches(summary)
        .Where(match => match.Groups["name"].Value == name)
        .Select(match => int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture))
        .FirstOrDefault();

    [GeneratedRegex(@"^\s+(?<name>\w+): (?<number>\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Line();
}
