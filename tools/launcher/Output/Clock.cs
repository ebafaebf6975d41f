using System.Globalization;

namespace Shop.Launcher.Output;

/// <summary>Times of day as every command shows them: UTC, to the millisecond, with the date where it is another day than today.</summary>
public static class Clock
{
    public static string Show(DateTimeOffset time) => Show(time, DateTimeOffset.UtcNow);

    public static string Show(DateTimeOffset time, DateTimeOffset now) => time.UtcDateTime.ToString(
        time.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm:ss.fff'Z'" : "yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
