using System.CommandLine;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Client.Traces;
using Shop.Launcher.Output;

namespace Shop.Cli.Traces;

/// <summary>./shop trace: an order's trace as a waterfall.</summary>
static class TraceCommand
{
    public static Command Command(Checkout checkout)
    {
        var order = Values.OrderIdOrNone("order", "The order's id; without one, the latest order");
        var json = new Option<bool>("--json") { Description = "Print the trace as JSON" };
        var url = new Option<string?>("--url")
        {
            Description = $"A viewer or Jaeger elsewhere; {Addresses.TracesVariable} says the same", HelpName = "URL",
        };
        var command = new Command("trace", "Shows what happened to an order, and how long each part took") { order, json, url };
        command.SetAction(async (parsed, cancellation) =>
        {
            var api = ApiOf(checkout, parsed.GetValue(url));
            var trace = await api.OfOrder(parsed.GetValue(order), cancellation);
            if (parsed.GetValue(json))
            {
                Print.Json(trace);
            }
            else
            {
                Show(Waterfall.Of(trace), trace, api.PageOf(trace), _ => true);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Shows only the chain of causes that led to the order's end.</summary>
    public static async Task ShowChain(Checkout checkout, Guid order, CancellationToken cancellation)
    {
        var api = ApiOf(checkout, null);
        var trace = await api.OfOrder(order, cancellation);
        Show(Waterfall.Of(trace), trace, api.PageOf(trace), row => row.IsCritical);
        Print.Line($"All of it: ./shop trace {order}");
    }

    static TraceApi ApiOf(Checkout checkout, string? url) =>
        new(url is null ? checkout.Addresses.Traces : Addresses.Page("--url", url));

    static void Show(Waterfall waterfall, Trace trace, Uri page, Func<WaterfallRow, bool> isShown)
    {
        foreach (var line in new WaterfallText(waterfall, Print.Width).Lines(isShown))
        {
            Terminal.Line(line);
        }

        var errors = trace.Spans.Count(span => span.IsError);
        Terminal.Line();
        Print.Line(
            $"trace {trace.TraceId}: {WaterfallText.Duration(waterfall.End - waterfall.Start)}, {Words.Count(trace.Spans.Count, "span")}"
            + (errors > 0 ? $", {errors} with errors" : ""));
        Print.Line($"{Print.Bold("●")} the chain that led to the end; waits are dotted");
        Print.Line($"In a browser: {page}");
    }
}
