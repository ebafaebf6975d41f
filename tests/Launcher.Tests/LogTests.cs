using System.Text.Json;
using Shop.Launcher.Logs;
using Shop.Launcher.Processes;

namespace Shop.Launcher.Tests;

/// <summary>./shop logs: the lines it collects, and their form.</summary>
public sealed class LogTests : IDisposable
{
    static readonly Guid _order = Guid.Parse("0190a8b4-5f0e-7c3d-8a11-d5b6f0a1b2c3");
    static readonly DateTimeOffset _now = new(2026, 11, 24, 16, 0, 0, TimeSpan.Zero);
    const string Trace = "0af7651916cd43dd8448eb211c80319c";

    readonly StateDirectory _state = new(Path.Combine(Path.GetTempPath(), $"shop-logs-{Guid.NewGuid():N}"));

    [Fact]
    public void The_lines_of_an_order_are_gathered_from_all_logs_in_time_order()
    {
        Write("ordering-1", Line(1, "placed", _order), Line(5, "confirmed", _order), Line(6, "another's", Guid.NewGuid()));
        Write("ordering-2", Line(3, "reserved", _order));
        Write("inventory-1", Line(2, "held", _order), "no JSON at all", $"{{\"cut off\":\"{_order}");
        Write("payment-1.log.1", Line(4, "taken", _order));
        Write("payment-1", Line(7, "refunded", _order));

        Assert.Equal(
            [
                "ordering-1 placed",
                "inventory-1 held",
                "ordering-2 reserved",
                "payment-1 taken",
                "ordering-1 confirmed",
                "payment-1 refunded"
            ],
            Gather().ReadNew().Select(line => $"{line.Process} {line.Message}"));
    }

    [Fact]
    public void Lines_that_name_no_order_belong_to_that_of_their_trace()
    {
        Write("gateway", Line(
            1, "retried", null, Trace), Line(2, "other", null, Trace.Replace('0', '1')), Line(3, "its neighbour's", Guid.NewGuid(), Trace));
        Write("ordering-1", Line(4, "placed", _order, Trace));

        Assert.Equal(["retried", "placed"], Gather().ReadNew().Select(line => line.Message));
    }

    [Fact]
    public void An_order_is_followed_line_by_whole_line_also_into_a_log_that_begins_anew()
    {
        Write("ordering-1", Line(1, "placed, with much to say", _order, Trace));
        var order = Gather();
        Assert.Single(order.ReadNew());
        Assert.Empty(order.ReadNew());

        var next = Line(2, "held", _order);
        File.AppendAllText(_state.LogOf("ordering-1"), next[..20]);
        Assert.Empty(order.ReadNew());
        File.AppendAllText(_state.LogOf("ordering-1"), next[20..] + "\n" + Line(3, "no order", null, Trace) + "\n");
        Assert.Equal(["held", "no order"], order.ReadNew().Select(line => line.Message));
        File.WriteAllText(_state.LogOf("ordering-1"), Line(4, "anew", _order) + "\n");
        Assert.Equal(["anew"], order.ReadNew().Select(line => line.Message));
    }

    [Fact]
    public async Task A_log_is_bounded_while_it_is_written_and_whoever_follows_it_misses_nothing()
    {
        const int lines = 60_000;
        const int bytesMax = 500_000;
        Write("ordering-1");
        var log = LogFile.All(_state).Single();
        var (seen, largest) = (new List<string>(), 0L);
        // Writes like a process whose output its parent has redirected.
        var writing = Tool.Run([
            "sh", "-c", $"i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo \"line $i of many, as long as lines are\"; done >>'{log.File}'"
        ], cancellation: TestContext.Current.CancellationToken);

        for (var ended = false; !ended;)
        {
            ended = writing.IsCompleted;
            if (new FileInfo(log.File).Length > bytesMax && !LogRotation.PutAside(log.File))
            {
                Assert.Skip("This file system cannot take the beginning off a file.");
            }

            largest = Math.Max(largest, new FileInfo(log.File).Length);
            seen.AddRange(log.ReadNew());
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, lines).Select(line => $"line {line} of many, as long as lines are"), seen);
        Assert.InRange(largest, 1, 2 * bytesMax);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_put_aside_is_read_with_the_rest(bool mayCollapse)
    {
        var lines = Enumerable.Range(1, 10_000).Select(line => $"line {line} of many").ToArray();
        Write("ordering-1", lines);
        var log = LogFile.All(_state).Single();
        Assert.Equal(lines, log.ReadNew());

        LogRotation.PutAside(log.File, mayCollapse);
        Assert.Empty(log.ReadNew());
        Assert.InRange(new FileInfo(log.File).Length, 0, 65_536);
        File.AppendAllText(log.File, "and another\n");

        Assert.Equal(["and another"], log.ReadNew());
        Assert.Equal([.. lines, "and another"], LogFile.All(_state).Single().ReadNew());
        Assert.Equal([.. lines[^5_000..], "and another"], LogTail.LastLines(log.File, 5_001));
        Assert.Equal(["and another"], LogTail.LastLines(log.File, 1));
        Assert.Equal(10_001, LogTail.LastLines(log.File, 20_000).Count);
    }

    [Fact]
    public void A_log_on_a_full_disk_becomes_shorter_too()
    {
        Write("ordering-1", [.. Enumerable.Range(1, 10_000).Select(line => $"line {line} of many")]);
        var log = LogFile.All(_state).Single();
        log.SkipToEnd();
        File.CreateSymbolicLink(LogRotation.PreviousPartOf(log.File) + ".new", "/dev/full");

        LogKeeper.Keep(_state.Logs, bytesMax: 100_000);
        File.AppendAllText(log.File, "and another\n");

        Assert.InRange(new FileInfo(log.File).Length, 1, 70_000);
        Assert.Equal("and another", log.ReadNew().Last());
    }

    [Fact]
    public void A_line_longer_than_a_block_is_one_line()
    {
        var text = new string('x', 300_000);
        Write("ordering-1", Line(1, text, _order), Line(2, "short", _order));

        Assert.Equal([text, "short"], Gather().ReadNew().Select(line => line.Message));
    }

    [Fact]
    public void People_read_time_level_process_and_message_and_an_exception_below()
    {
        var line = LogLine.Parse("ordering-1", JsonSerializer.Serialize(new
        {
            time = "2026-11-24T15:11:21.1234567Z",
            level = "Error",
            message = "It failed\u001b[2J",
            exception = "InvalidOperationException: broken\n   at Here",
        }));

        Assert.Equal(
            "15:11:21.123Z error ordering-1   It failed\uFFFD[2J\n    InvalidOperationException: broken\n       at Here",
            new LogText(12, coloured: false, _now).Of(line));
        Assert.Contains("\e[31merror\e[0m", new LogText(12, coloured: true, _now).Of(line));
    }

    [Theory]
    [InlineData("2026-11-24 LOG:  checkpoint complete")]
    [InlineData("{\"no\":\"entry of ours\"}")]
    [InlineData("{\"time\":\"2026-11-24T15:11:21Z\",\"message\":\"cut of")]
    [InlineData("{\"time\":5,\"message\":7}")]
    [InlineData("{]")]
    public void What_is_no_entry_of_ours_is_shown_as_it_is_and_is_JSON_where_JSON_is_wanted(string text)
    {
        var line = LogLine.Parse("postgres", text);

        Assert.Null(line.Time);
        Assert.EndsWith(text, new LogText(8, coloured: false, _now).Of(line));
        var json = JsonDocument.Parse(line.Json).RootElement;
        Assert.Equal(("postgres", text), (json.GetProperty("instance").GetString(), json.GetProperty("message").GetString()));
    }

    public void Dispose()
    {
        if (Directory.Exists(_state.Path))
        {
            Directory.Delete(_state.Path, recursive: true);
        }
    }

    OrderLog Gather() => new(_order, LogFile.All(_state));

    static string Line(int second, string message, Guid? orderId, string? traceId = null) => JsonSerializer.Serialize(
        new { time = $"2026-11-24T15:11:{second:00}.0000000Z", level = "Information", message, orderId, traceId });

    void Write(string log, params string[] lines)
    {
        Directory.CreateDirectory(_state.Logs);
        File.WriteAllLines(Path.Combine(_state.Logs, log.Contains(".log", StringComparison.Ordinal) ? log : log + ".log"), lines);
    }
}
