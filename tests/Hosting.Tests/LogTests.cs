using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting.Tests;

/// <summary>A process writes one JSON object on one line for each log entry.</summary>
public sealed partial class LogTests
{
    [Fact]
    public void An_entry_says_when_how_bad_who_and_what_with_the_named_values_as_fields()
    {
        var orderId = Guid.NewGuid();

        var line = Assert.Single(Written(log => LogBecame(log, orderId, "Confirmed", 3, 12.50m, TimeSpan.FromSeconds(2))));

        var entry = JsonDocument.Parse(line).RootElement;
        Assert.Matches(@"^\{""time"":""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"",""level"":""Information""", line);
        Assert.InRange(entry.GetProperty("time").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal("ordering", Text(entry, "service"));
        Assert.Equal("ordering-1", Text(entry, "instance"));
        Assert.Equal("Shop.Category", Text(entry, "category"));
        Assert.Equal($"Order {orderId} became Confirmed: 3 lines for 12.50 EUR after 00:00:02", Text(entry, "message"));
        Assert.Equal($"{orderId}", Text(entry, "orderId"));
        Assert.Equal("Confirmed", Text(entry, "status"));
        Assert.Equal(3, entry.GetProperty("lines").GetInt32());
        Assert.Equal(12.50m, entry.GetProperty("total").GetDecimal());
        Assert.Equal("00:00:02", Text(entry, "time_"));
        Assert.Equal(11, entry.EnumerateObject().Count());
    }

    [Fact]
    public void It_belongs_to_its_span_and_to_the_order_of_its_trace()
    {
        var orderId = Guid.NewGuid();
        using var span = new Activity("handling").Start();
        OrderOfTrace.Begin(orderId);

        var entry = JsonDocument.Parse(Assert.Single(Written(log => LogTried(log, "no answer")))).RootElement;

        Assert.Equal(span.TraceId.ToHexString(), Text(entry, "traceId"));
        Assert.Equal(span.SpanId.ToHexString(), Text(entry, "spanId"));
        Assert.Equal($"{orderId}", Text(entry, "orderId"));
    }

    [Fact]
    public void An_order_that_the_message_names_goes_before_that_of_the_trace()
    {
        using var span = new Activity("batch").Start();
        OrderOfTrace.Begin(Guid.NewGuid());
        var named = Guid.NewGuid();

        var line = Assert.Single(Written(log => LogBecame(log, named, "Confirmed", 1, 1, TimeSpan.Zero)));

        Assert.Equal([$"{named}"], JsonDocument.Parse(line).RootElement.EnumerateObject().Where(field => field.Name == "orderId").Select(
            field => field.Value.GetString()));
    }

    [Fact]
    public void An_exception_is_one_field_and_nothing_breaks_the_line()
    {
        var error = new InvalidOperationException("broken\nin two \u001b[31m\"places\"");

        var line = Assert.Single(Written(log => LogFailed(log, "ümlaut\r\nand \0", error)));

        var entry = JsonDocument.Parse(line).RootElement;
        Assert.Equal("Failed on ümlaut\r\nand \0", Text(entry, "message"));
        Assert.Equal(error.ToString(), Text(entry, "exception"));
        Assert.Contains("ümlaut", line);
        Assert.DoesNotContain(line, char.IsControl);
    }

    [Fact]
    public void Scopes_are_left_out()
    {
        var line = Assert.Single(Written(log =>
        {
            using var scope = log.BeginScope(new Dictionary<string, object> { ["RequestPath"] = "/typed/by/a/caller" });
            LogTried(log, "nothing");
        }));

        Assert.DoesNotContain("caller", line);
    }

    [Fact]
    public void A_log_that_cannot_be_written_stops_nothing_and_says_later_what_was_lost()
    {
        using var disk = new FullDisk();
        var output = new LogOutput(disk);
        using var logs = new LogLines(output, new(TimeProvider.System, "ordering", "ordering-1"));
        var log = logs.CreateLogger("Shop.Category");

        LogTried(log, "lost 1");
        Assert.True(disk.Refused.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        disk.HasRoom = true;
        LogTried(log, "kept");
        output.Dispose();

        var entries = Lines(disk.Content).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(["1 lines of the log were lost", "Tried: kept"], entries.Select(entry => Text(entry, "message")));
        Assert.Equal(1, entries[0].GetProperty("lines").GetInt32());
    }

    [Fact]
    public async Task Lines_of_many_threads_are_whole_and_all_there()
    {
        using var content = new MemoryStream();
        using (var logs = new LogLines(new(content), new(TimeProvider.System, "ordering", "ordering-1")))
        {
            var log = logs.CreateLogger("Shop.Category");
            await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
            {
                for (var number = 0; number < 500; number++)
                {
                    LogTried(log, $"{thread}-{number}");
                }
            })));
        }

        var messages = Lines(content.ToArray()).Select(line => Text(JsonDocument.Parse(line).RootElement, "message")).ToArray();
        Assert.Equal(4000, messages.Distinct().Count());
    }

    static string[] Written(Action<ILogger> write)
    {
        using var content = new MemoryStream();
        using (var logs = new LogLines(new(content), new(TimeProvider.System, "ordering", "ordering-1")))
        {
            write(logs.CreateLogger("Shop.Category"));
        }

        return Lines(content.ToArray());
    }

    static string[] Lines(byte[] content) => Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    static string? Text(JsonElement entry, string name) => entry.GetProperty(name).GetString();

    [LoggerMessage(LogLevel.Information, "Order {OrderId} became {Status}: {Lines} lines for {Total} EUR after {Time}")]
    static partial void LogBecame(ILogger logger, Guid orderId, string status, int lines, decimal total, TimeSpan time);

    [LoggerMessage(LogLevel.Warning, "Tried: {Reason}")]
    static partial void LogTried(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Error, "Failed on {Subject}")]
    static partial void LogFailed(ILogger logger, string subject, Exception error);

    sealed class FullDisk : MemoryStream
    {
        readonly MemoryStream _content = new();

        public ManualResetEventSlim Refused { get; } = new();

        public bool HasRoom { get; set; }

        public byte[] Content => _content.ToArray();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (!HasRoom)
            {
                Refused.Set();
                throw new IOException("No space left on device");
            }

            _content.Write(buffer);
        }
    }
}
