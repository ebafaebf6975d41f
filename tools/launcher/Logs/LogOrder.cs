using System.Globalization;
using System.Text.RegularExpressions;

namespace Shop.Launcher.Logs;

/// <summary>The lines of several logs as one. Each log is in order; a line without a time belongs to the one before it.</summary>
public static partial class LogOrder
{
    public static IEnumerable<LogLine> ByTime(IEnumerable<IEnumerable<LogLine>> logs) =>
        logs.SelectMany(Timed).OrderBy(line => line.Time).Select(line => line.Line);

    static IEnumerable<(LogLine Line, DateTimeOffset Time)> Timed(IEnumerable<LogLine> log)
    {
        var time = DateTimeOffset.MinValue;
        foreach (var line in log)
        {
            // The time never goes back, so the lines of one log stay in their order.
            if (TimeOf(line) is { } own && own > time)
            {
                time = own;
            }

            yield return (line, time);
        }
    }

    static DateTimeOffset? TimeOf(LogLine line) => line.Time ?? (ServerTime().Match(line.Text) is { Success: true } match
        && DateTimeOffset.TryParse(
            match.Groups[1].Value + match.Groups[2].Value.Replace(" UTC", "Z", StringComparison.Ordinal),
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null);

    // PostgreSQL and RabbitMQ begin their lines with the time.
    [GeneratedRegex(@"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)( UTC|[+-]\d\d:\d\d)")]
    private static partial Regex ServerTime();
}
