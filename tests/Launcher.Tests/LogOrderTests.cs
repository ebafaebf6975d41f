using System.Text.RegularExpressions;
using Shop.Launcher.Logs;

namespace Shop.Launcher.Tests;

/// <summary>./shop logs shows what several processes wrote in the order in which they wrote it.</summary>
public sealed partial class LogOrderTests
{
    [Fact]
    public void Lines_of_all_logs_are_in_the_order_of_their_times_whoever_wrote_them() => Assert.Equal(
        ["1 of ordering", "2 of postgres", "3 of payment", "4 of rabbitmq", "5 of ordering"],
        LogOrder.ByTime(
        [
            [Ours(1, "1 of ordering"), Ours(5, "5 of ordering")],
            [Ours(3, "3 of payment")],
            [Plain("2026-11-24 15:11:02.000 UTC [12] LOG:  2 of postgres")],
            [Plain("2026-11-24 16:11:04.000000+01:00 [info] <0.1.0> 4 of rabbitmq")],
        ]).Select(line => Numbered().Match(line.Message).Value));

    [Fact]
    public void A_line_without_a_time_stays_below_the_one_before_it() => Assert.Equal(
        ["one", "   at Here", "two", "three"],
        LogOrder.ByTime([[Ours(1, "one"), Plain("   at Here"), Ours(3, "three")], [Ours(2, "two")]]).Select(line => line.Message));

    static LogLine Ours(int second, string message) =>
        LogLine.Parse(
            "ordering-1", $$"""{"time":"2026-11-24T15:11:{{second:00}}.0000000Z","level":"Information","message":"{{message}}"}""");

    [GeneratedRegex(@"\d of \w+$")]
    private static partial Regex Numbered();

    static LogLine Plain(string text) => LogLine.Parse("postgres", text);
}
