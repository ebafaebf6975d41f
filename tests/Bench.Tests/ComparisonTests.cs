using Shop.Launcher;

namespace Shop.Bench.Tests;

/// <summary>What is made of the figures.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 9.0, 1.0, 2.0 }, 2, 1, 9)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 9.0 }, 3, 1, 9)]
    public void A_spread_is_the_median_with_the_least_and_the_most(double[] values, double median, double least, double most) =>
        Assert.Equal(new Spread(median, least, most), Spread.Of(values));

    [Fact]
    public void No_values_have_no_spread() => Assert.Null(Spread.Of([]));

    [Fact]
    public void A_ratio_is_made_within_a_round() => Assert.Equal(
        new Spread(2, 2, 3),
        // The machine was four times slower in the second round.
        Cpu(BenchSample.Of(
            BenchSample.Measured("monolith", 1, cpu: 1), BenchSample.Measured("shop", 1, cpu: 2),
            BenchSample.Measured("monolith", 2, cpu: 4), BenchSample.Measured("shop", 2, cpu: 8),
            BenchSample.Measured("monolith", 3, cpu: 1), BenchSample.Measured("shop", 3, cpu: 3))).Others["shop"]);

    [Fact]
    public void A_round_without_the_reference_has_no_ratio() => Assert.Equal(
        new Spread(2, 2, 2),
        Cpu(BenchSample.Of(
            BenchSample.Measured("monolith", 1, cpu: 1), BenchSample.Measured("shop", 1, cpu: 2), BenchSample.Measured("shop", 2, cpu: 8)))
            .Others["shop"]);

    [Fact]
    public void What_the_reference_has_none_of_is_shown_as_it_is()
    {
        var messages = BenchSample.Of(
            BenchSample.Measured("monolith", 1, cpu: 1), BenchSample.Measured("shop", 1, cpu: 2, messages: 6)).Compared
            .Single(row => row.Measure == "messages per order");

        Assert.False(messages.AreRatios);
        Assert.Equal(6, messages.Others["shop"]!.Median);
    }

    [Fact]
    public void What_was_not_measured_has_no_row() => Assert.DoesNotContain(
        BenchSample.Of(BenchSample.Measured("monolith", 1, cpu: 1), BenchSample.Measured("shop", 1, cpu: 2)).Compared,
        row => row.Measure == "to the end, p99");

    [Fact]
    public void Without_the_monolith_the_first_system_is_the_reference()
    {
        var options = BenchSample.Options with { Peers = ["limit", "shop"] };

        Assert.Equal("limit", Comparison.ReferenceOf(options));
    }

    [Fact]
    public void Rates_are_read_and_the_saturated_one_comes_first() => Assert.Equal(
        [LoadLevel.Saturated, new("10/s", 10), new("2.5/s", 2.5), LoadLevel.Half],
        LoadLevel.Parse("10, 2.5,half,10"));

    [Theory]
    [InlineData("fast")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("10001")]
    public void A_rate_that_is_none_is_refused(string rate) => Assert.Contains(
        $"--rates: \"{rate}\" is neither", Assert.Throws<UserError>(() => LoadLevel.Parse(rate)).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_is_half_of_what_the_same_system_did()
    {
        Assert.Equal(100, LoadLevel.Half.RateFor(200));
        Assert.Equal(50, new LoadLevel("50/s", 50).RateFor(200));
        Assert.Null(LoadLevel.Saturated.RateFor(200));
    }

    static ComparedRow Cpu(BenchResult result) => result.Compared.Single(row => row.Measure == "CPU per order");
}
