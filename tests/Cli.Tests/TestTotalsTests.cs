using Shop.Cli.Testing;

namespace Shop.Cli.Tests;

public sealed class TestTotalsTests
{
    [Fact]
    public void The_totals_are_those_of_the_summary()
    {
        var totals = TestTotals.Read(Summary("Failed!", "total: 9", "failed: 2", "succeeded: 6", "skipped: 1"), exitCode: 2);

        Assert.Equal(new(Passed: 6, Failed: 2, Skipped: 1), totals);
    }

    [Fact]
    public void A_test_that_prints_a_summary_of_its_own_does_not_count()
    {
        var output = Summary("Passed!", "succeeded: 1000", "failed: 0") + Summary("Passed!", "succeeded: 3", "failed: 0", "skipped: 0");

        Assert.Equal(new(Passed: 3, Failed: 0, Skipped: 0), TestTotals.Read(output, exitCode: 0));
    }

    [Theory]
    [InlineData("", 134)]
    [InlineData("", 0)]
    public void A_run_without_a_summary_has_failed(string output, int exitCode) =>
        Assert.Equal(new(Passed: 0, Failed: 1, Skipped: 0), TestTotals.Read(output, exitCode));

    [Fact]
    public void A_project_that_crashed_is_a_failure_though_no_test_is() =>
        Assert.Equal(
            new(Passed: 5, Failed: 1, Skipped: 0),
            TestTotals.Read(Summary("Failed!", "error: 1", "total: 5", "failed: 0", "succeeded: 5", "skipped: 0"), exitCode: 1));

    [Fact]
    public void Several_runs_count_as_one() =>
        Assert.Equal(new(Passed: 5, Failed: 2, Skipped: 1), TestTotals.Sum([new(2, 0, 1), new(3, 2, 0)]));

    [Fact]
    public void A_run_without_tests_beside_one_with_tests_is_no_failure() =>
        Assert.Equal(new(Passed: 2, Failed: 0, Skipped: 0), TestTotals.Sum([new(2, 0, 0), new(0, 0, 0)]));

    [Fact]
    public void No_test_at_all_is_a_failure() =>
        Assert.Equal(new(Passed: 0, Failed: 1, Skipped: 0), TestTotals.Sum([new(0, 0, 0), new(0, 0, 0)]));

    static string Summary(string verdict, params string[] lines) =>
        $"Test run summary: {verdict}\n{string.Concat(lines.Select(line => $"  {line}\n"))}  duration: 1s\n";
}
