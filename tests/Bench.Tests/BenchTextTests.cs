namespace Shop.Bench.Tests;

/// <summary>What people read of a bench.</summary>
public sealed class BenchTextTests
{
    static readonly BenchResult _result = BenchSample.Of(
        BenchSample.Measured("monolith", 1, cpu: 2), BenchSample.Measured("shop", 1, cpu: 5, messages: 6),
        BenchSample.Measured("monolith", 2, cpu: 2), BenchSample.Measured("shop", 2, cpu: 6, messages: 6));

    [Fact]
    public void A_row_has_the_references_figure_with_its_unit_and_the_ratios_of_the_others()
    {
        var rows = BenchText.Rows(_result).ToArray();

        Assert.Equal(["load", "measure", "#monolith", "#shop"], BenchText.Titles(_result.Options));
        Assert.Equal(["saturated", "completed orders", "100 /s", "1.00"], rows[0]);
        Assert.Equal(["", "CPU per order", "2.00 ms", "2.75 (2.50–3.00)"], rows[1]);
    }

    [Fact]
    public void A_figure_without_a_reference_follows_on_an_equals_sign() =>
        Assert.Contains(BenchText.Rows(_result), row => row is ["", "messages per order", "0.00", "=6.00"]);

    [Fact]
    public void The_heading_says_how_the_table_is_read() => Assert.Equal(
        "monolith = 1; the others are ratios to it: the median of 3 rounds (least–most). = is a figure, not a ratio.",
        BenchText.Heading(_result));

    [Fact]
    public void A_busy_machine_is_named()
    {
        Assert.Equal("2 cores, load average 0.5 before the start", BenchText.Machine(_result));
        Assert.EndsWith(": busy, so measure again when it is quiet", BenchText.Machine(_result with { LoadBefore = 5.3 }));
    }

    [Fact]
    public void The_first_seconds_are_beside_the_table() => Assert.Equal(
        "first 20 s after a start ÷ warm: monolith 0.50, shop 0.50", BenchText.Starts(_result));

    [Fact]
    public void Progress_names_the_processes_that_use_most() => Assert.Equal(
        "round 1 of 3  shop  saturated: 100/s, 5.00 ms of CPU per order (ordering-1 3.75, postgres 1.25)",
        BenchText.Progress(_result.Measurements[1], 3));

    [Fact]
    public void The_next_step_is_where_the_shop_compares_worst() => Assert.Equal(
        "at \"saturated\" ordering-1 is 75 % of the shop's CPU: ./shop bench --only monolith,shop --rates saturated after a change of it",
        BenchText.Next(_result));

    [Fact]
    public void Without_the_shop_there_is_no_next_step() =>
        Assert.Null(BenchText.Next(BenchSample.Of(BenchSample.Measured("monolith", 1, cpu: 2))));
}
