using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shop.Hosting;

namespace Shop.Gateway.Tests;

public sealed class HostingUnitTests
{
    [Theory]
    [InlineData("4111111111111111", true)]
    [InlineData("4111 1111 1111 1111", true)]
    [InlineData("4111-1111-1111-1111", true)]
    [InlineData("378282246310005", true)]
    [InlineData("6304000000000000000", true)]
    [InlineData("4111111111111112", false)]
    [InlineData("411111111111", false)]
    [InlineData("41111111111111111111", false)]
    [InlineData("tok_visa", false)]
    [InlineData("x4111111111111111", false)]
    [InlineData("", false)]
    public void Card_numbers_are_told_from_other_texts(string text, bool isOne) =>
        Assert.Equal(isOne, CardNumbers.LookLikeOne(text));

    [Fact]
    public void A_log_entry_is_one_line_with_the_trace_id_by_which_the_problem_names_it()
    {
        using var activity = new Activity("request").Start();

        var line = Write(new(
            LogLevel.Error, "Shop.Category", default, "two\nlines", new InvalidOperationException("broken"), (state, _) => state));

        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} fail Shop\.Category: two lines System\.InvalidOperationException: broken", line);
        Assert.EndsWith($" trace={activity.TraceId}\n", line);
        Assert.Single(line.TrimEnd('\n').Split('\n'));
    }

    static string Write(LogEntry<string> entry)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new LogLines(TimeProvider.System).Write(entry, null, text);
        return text.ToString();
    }
}
