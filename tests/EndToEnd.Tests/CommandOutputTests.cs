using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Shop.EndToEnd.Tests;

/// <summary>Programs get whole rows and the shop's own times from the commands, and with --json the result alone.</summary>
public sealed partial class CommandOutputTests(ShopSystem shop)
{
    [Fact]
    public async Task An_order_is_told_by_the_shops_times_not_by_how_old_the_command_is()
    {
        var output = await shop.Shop("order --payment tok_declined --customer clara --watch");

        var id = Id().Match(output).Value;
        var order = (await shop.Send(HttpMethod.Get, $"/orders/{id}", shop.Token("clara"))).Json;
        var timeline = (await shop.Send(HttpMethod.Get, $"/orders/{id}/timeline", shop.Token("clara"))).Json;
        var placedAt = order.GetProperty("placedAt").GetDateTimeOffset();
        var steps = timeline.GetProperty("steps").EnumerateArray().Select(step =>
            $"{Math.Round((step.GetProperty("at").GetDateTimeOffset() - placedAt).TotalMilliseconds)} {step.GetProperty("status").GetString()}")
            .ToArray();
        Assert.Equal(steps, Step().Matches(output).Select(step => $"{step.Groups[1].Value} {step.Groups[2].Value}"));
        Assert.Contains($"Cancelled (payment_declined) after {steps[^1].Split(' ')[0]} ms", output, StringComparison.Ordinal);
        Assert.Contains("ms, seen from here", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_orders_has_whole_rows_and_says_when_there_are_more()
    {
        var token = shop.Token("piped");
        var older = (await shop.Place(token, sku: "SOLD-OUT")).OrderId;
        await shop.End(older, token);
        var newer = (await shop.Place(token, payment: "tok_declined")).OrderId;
        await shop.End(newer, token);

        var first = await shop.Shop("orders --limit 1");
        Assert.Matches($@"(?m)^{newer}  \d\d:\d\d:\d\d\.\d{{3}}Z  12\.50 EUR  Cancelled payment_declined$", first);
        var cursor = More().Match(first).Groups[1].Value;
        Assert.Matches($"(?m)^{older}  .*  Cancelled out_of_stock$", await shop.Shop($"orders --limit 1 --after {cursor}"));
        var page = JsonDocument.Parse(await shop.Shop("orders --limit 1 --json")).RootElement;
        Assert.Equal((1, cursor), (page.GetProperty("orders").GetArrayLength(), page.GetProperty("next").GetString()));
        var all = JsonDocument.Parse(await shop.Shop("orders --all --json")).RootElement;
        Assert.Equal(JsonValueKind.Null, all.GetProperty("next").ValueKind);
        Assert.Contains(all.GetProperty("orders").EnumerateArray(), order => order.GetProperty("orderId").GetGuid() == older);
    }

    [Fact]
    public async Task Logs_of_all_processes_are_in_the_order_of_their_times()
    {
        var token = shop.Token("logged");
        await shop.End((await shop.Place(token)).OrderId, token);

        var lines = (await shop.Shop("logs --lines 20")).Split('\n').Select(line => Entry().Match(line))
            .Where(entry => entry.Success).ToArray();

        Assert.True(lines.Select(entry => entry.Groups[2].Value).Distinct().Count() > 1, "Only one process has written.");
        // A process whose threads write at once may be a millisecond out of its own order; its lines stay as it wrote them.
        var latest = new Dictionary<string, DateTimeOffset>();
        var times = lines.Select(entry =>
        {
            var (process, time) = (entry.Groups[2].Value, DateTimeOffset.Parse(entry.Groups[1].Value, CultureInfo.InvariantCulture));
            return latest[process] = latest.TryGetValue(process, out var before) && before > time ? before : time;
        }).ToArray();
        Assert.Equal(times.Order(), times);
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f-]{27}")]
    private static partial Regex Id();

    [GeneratedRegex(@"^ +(\d+) ms  (\w+) ", RegexOptions.Multiline)]
    private static partial Regex Step();

    [GeneratedRegex("--after ([^, ]+)")]
    private static partial Regex More();

    [GeneratedRegex(@"^((?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}Z) \w+ +([a-z-]+\d?) ")]
    private static partial Regex Entry();
}
