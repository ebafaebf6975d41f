using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Client;
using Shop.Launcher.Output;

namespace Shop.Cli.Orders;

/// <summary>./shop orders: the newest orders, as staff sees them, in pages.</summary>
static class OrdersCommand
{
    const int PageMax = 100;

    public static Command Command(Checkout checkout)
    {
        var limit = Values.Number("--limit", $"How many, at most {PageMax}", 20, 1, PageMax);
        var status = new Option<string?>("--status") { Description = "Only orders with this status, such as Confirmed" };
        var after = new Option<string?>("--after") { Description = "Go on where an earlier list ended", HelpName = "CURSOR" };
        var all = new Option<bool>("--all") { Description = "All there are" };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("orders", "List the newest orders") { limit, status, after, all, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = new ShopApi(checkout, "operator", Tokens.Staff);
            var isAll = parsed.GetValue(all);
            var filter = $"limit={(isAll ? PageMax : parsed.GetValue(limit))}{Query("status", parsed.GetValue(status))}";
            var (found, next) = (new List<JsonElement>(), parsed.GetValue(after));
            do
            {
                var page = await api.Get<Page>($"/orders?{filter}{Query("after", next)}", cancellation);
                found.AddRange(page.Orders);
                next = page.Next;
            }
            while (isAll && next is not null);

            if (parsed.GetValue(json))
            {
                Print.Json(new Page(found, next));
            }
            else
            {
                Show([.. found.Select(order => order.Deserialize<OrderView>(JsonSerializerOptions.Web)!)], next, parsed.GetValue(status));
            }

            return 0;
        });
        return command;
    }

    static void Show(IReadOnlyList<OrderView> orders, string? next, string? status)
    {
        if (orders is [])
        {
            Print.Note(status is null ? "There are no orders. Place one: ./shop order" : $"No order is {status}.");
            return;
        }

        Print.Table(Table(orders));
        if (next is not null)
        {
            Print.Note($"There are more: ./shop orders{(status is null ? "" : $" --status {status}")} --after {next}, or --all");
        }
    }

    public static TextTable Table(IReadOnlyList<OrderView> orders)
    {
        var table = new TextTable("order", "placed", "#total", "status");
        foreach (var order in orders)
        {
            table.Add(
                order.OrderId.ToString(),
                Clock.Show(order.PlacedAt),
                $"{order.Total.Value} {order.Total.Currency}",
                order.Reason is null ? order.Status : $"{order.Status} {order.Reason}");
        }

        return table;
    }

    static string Query(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    /// <summary>The order as the shop returns it, so that JSON has every field.</summary>
    sealed record Page(IReadOnlyList<JsonElement> Orders, string? Next);
}
