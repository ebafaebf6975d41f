using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Orders;
using Spectre.Console;

namespace Shop.Cli.Traces;

/// <summary>./shop trace: an order's trace as a waterfall.</summary>
static class TraceCommand
{
    const int DurationWidth = 10;
    const int NarrowestBar = 20;
    const int WidestLabel = 90;

    static readonly string[] _colours = ["blue", "green", "darkorange", "purple", "deeppink3", "teal"];
    static readonly string[] _services = ["gateway", "ordering", "inventory", "payment"];

    public static Command Command(Checkout checkout)
    {
        var order = new Argument<Guid?>("order") { Description = "The order's id; without one, the latest order", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "Print the trace as JSON" };
        var url = new Option<string?>("--url") { Description = $"A viewer or Jaeger elsewhere; {Addresses.TracesVariable} says the same", HelpName = "URL" };
        var command = new Command("trace", "Shows what happened to an order, and how long each part took") { order, json, url };
        command.SetAction(async (parsed, cancellation) =>
        {
            var api = ApiOf(checkout, parsed.GetValue(url));
            var trace = await api.OfOrder(parsed.GetValue(order), cancellation);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(trace, ShopApi.Readable));
            }
            else
            {
                Show(Waterfall.Of(trace), trace, api.PageOf(trace), _ => true);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Only what led to the order's end.</summary>
    public static async Task ShowChain(Checkout checkout, Guid order, CancellationToken cancellation)
    {
        var api = ApiOf(checkout, null);
        var trace = await api.OfOrder(order, cancellation);
        Show(Waterfall.Of(trace), trace, api.PageOf(trace), row => row.IsCritical);
        Terminal.Line($"All of it: ./shop trace {order}");
    }

    static TraceApi ApiOf(Checkout checkout, string? url) =>
        new(url is null ? checkout.Addresses.Traces : Addresses.Page("--url", url));

    static void Show(Waterfall waterfall, Trace trace, Uri page, Func<WaterfallRow, bool> isShown)
    {
        var rows = waterfall.Rows.Where(isShown).ToArray();
        var width = Math.Max(Width(), 80);
        Terminal.Out.Profile.Width = width;
        // As wide as the longest needs, as long as the bars can be read.
        var label = Math.Min(Math.Min(rows.Max(row => Text(row).Length), WidestLabel), width - DurationWidth - NarrowestBar - 2);
        var bar = width - DurationWidth - label - 2;
        foreach (var row in rows)
        {
            if (row.GapBefore > 0)
            {
                WriteGap(row, waterfall, label, bar);
            }

            Write(row, waterfall, label, bar);
        }

        var errors = trace.Spans.Count(span => span.IsError);
        Terminal.Line();
        Terminal.Line($"trace {trace.TraceId}: {Duration(waterfall.End - waterfall.Start)}, {trace.Spans.Count} spans{(errors > 0 ? $", {errors} with errors" : "")}");
        Terminal.Out.MarkupLine("[bold]●[/] the chain that led to the end; waits are dotted");
        Terminal.Line($"In a browser: {page}");
    }

    // A pipe has no width of its own, but may be told one.
    static int Width() => Console.IsOutputRedirected && int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), out var columns)
        ? columns
        : Terminal.Out.Profile.Width;

    static void Write(WaterfallRow row, Waterfall waterfall, int labelWidth, int barWidth)
    {
        var span = row.Span;
        var style = span.IsError ? "red" : span.Wait is not null ? "grey" : row.IsCritical ? "bold" : "default";
        var bar = Bar(span.StartTime, span.End, span.Wait is null ? '█' : '┄', waterfall, barWidth);
        Line(Text(row), style, bar, span.IsError ? "red" : ColourOf(row.Service), Duration(span.Duration), labelWidth);
    }

    // Time that passed and that nobody told of, such as that of a process that was killed.
    static void WriteGap(WaterfallRow row, Waterfall waterfall, int labelWidth, int barWidth)
    {
        var bar = Bar(row.Span.StartTime - row.GapBefore, row.Span.StartTime, '·', waterfall, barWidth);
        Line($"{new string(' ', row.Depth)}○ no span tells of {Duration(row.GapBefore)}", "yellow", bar, "yellow", Duration(row.GapBefore), labelWidth);
    }

    static void Line(string text, string style, string bar, string barStyle, string duration, int labelWidth)
    {
        text = text.Length > labelWidth ? text[..(labelWidth - 1)] + "…" : text.PadRight(labelWidth);
        Terminal.Out.MarkupLine($"[{style}]{Markup.Escape(text)}[/] [{barStyle}]{bar}[/] {duration,DurationWidth}");
    }

    static string Text(WaterfallRow row)
    {
        var span = row.Span;
        var what = span.Wait is { } wait ? $"waited {Duration(span.Duration)} in {wait}" : $"{row.Service} {span.Label}";
        return $"{new string(' ', row.Depth)}{(row.IsCritical ? '●' : '·')} {what}{(span.IsError ? $": {span.Failure}" : "")}";
    }

    static string Bar(long start, long end, char drawn, Waterfall waterfall, int width)
    {
        var whole = Math.Max(waterfall.End - waterfall.Start, 1);
        var from = (int)((start - waterfall.Start) * (width - 1) / whole);
        var length = Math.Clamp((int)((end - start) * width / whole), 1, width - from);
        return new string(' ', from) + new string(drawn, length) + new string(' ', width - from - length);
    }

    static string Duration(long microseconds) => FormattableString.Invariant(microseconds switch
    {
        < 1_000 => (FormattableString)$"{microseconds} µs",
        < 10_000 => $"{microseconds / 1_000.0:0.0} ms",
        < 1_000_000 => $"{microseconds / 1_000} ms",
        _ => $"{microseconds / 1_000_000.0:0.00} s",
    });

    static string ColourOf(string service)
    {
        var index = Array.IndexOf(_services, service);
        return _colours[index >= 0 ? index : _services.Length];
    }
}
