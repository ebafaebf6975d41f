using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Orders;
using Spectre.Console;

namespace Shop.Cli.Traces;

/// <summary>./shop trace: an order's trace as a waterfall.</summary>
static class TraceCommand
{
    const int LabelShare = 55;
    const int NarrowestBar = 20;

    static readonly string[] _colours = ["blue", "green", "darkorange", "purple", "deeppink3", "teal"];
    static readonly string[] _services = ["gateway", "ordering", "inventory", "payment"];

    public static Command Command(Checkout checkout)
    {
        var order = new Argument<Guid>("order") { Description = "The order's id" };
        var json = new Option<bool>("--json") { Description = "Print the trace as JSON" };
        var command = new Command("trace", "Shows what happened to an order, and how long each part took") { order, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var api = ApiOf(checkout);
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
        var api = ApiOf(checkout);
        var trace = await api.OfOrder(order, cancellation);
        Show(Waterfall.Of(trace), trace, api.PageOf(trace), row => row.IsCritical);
        Terminal.Line($"All of it: ./shop trace {order}");
    }

    static TraceApi ApiOf(Checkout checkout) => new(checkout.Addresses.Traces);

    static void Show(Waterfall waterfall, Trace trace, Uri page, Func<WaterfallRow, bool> isShown)
    {
        var width = Math.Max(Terminal.Out.Profile.Width, 80);
        var label = Math.Max(width * LabelShare / 100, 40);
        var bar = Math.Max(width - label - 12, NarrowestBar);
        foreach (var row in waterfall.Rows.Where(isShown))
        {
            Terminal.Out.MarkupLine(Line(row, waterfall, label, bar));
        }

        var errors = trace.Spans.Count(span => span.IsError);
        Terminal.Line();
        Terminal.Line($"trace {trace.TraceId}: {Duration(waterfall.End - waterfall.Start)}, {trace.Spans.Count} spans{(errors > 0 ? $", {errors} with errors" : "")}");
        Terminal.Out.MarkupLine("[bold]●[/] the chain that led to the end; waits are dotted");
        Terminal.Line($"In a browser: {page}");
    }

    static string Line(WaterfallRow row, Waterfall waterfall, int labelWidth, int barWidth)
    {
        var (span, colour) = (row.Span, ColourOf(row.Service));
        var name = span.Wait is { } wait ? $"waited {Duration(span.Duration)} in {wait}" : $"{row.Service} {span.OperationName}";
        var text = $"{new string(' ', row.Depth)}{(row.IsCritical ? '●' : '·')} {name}";
        text = text.Length > labelWidth ? text[..(labelWidth - 1)] + "…" : text.PadRight(labelWidth);
        var style = span.IsError ? "red" : span.Wait is not null ? "grey" : row.IsCritical ? "bold" : "default";
        return $"[{style}]{Markup.Escape(text)}[/] [{(span.IsError ? "red" : colour)}]{Bar(span, waterfall, barWidth)}[/] {Duration(span.Duration),9}";
    }

    static string Bar(Span span, Waterfall waterfall, int width)
    {
        var whole = Math.Max(waterfall.End - waterfall.Start, 1);
        var from = (int)((span.StartTime - waterfall.Start) * (width - 1) / whole);
        var length = Math.Max((int)(span.Duration * width / whole), 1);
        length = Math.Min(length, width - from);
        return new string(' ', from) + new string(span.Wait is null ? '█' : '┄', length) + new string(' ', width - from - length);
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
