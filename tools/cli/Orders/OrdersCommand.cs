using System.CommandLine;
using Spectre.Console;

namespace Shop.Cli.Orders;

/// <summary>./shop orders: the newest orders, as staff sees them.</summary>
static class OrdersCommand
{
    public static Command Command(Checkout checkout)
    {
        var limit = new Option<int>("--limit") { Description = "How many, at most 100", DefaultValueFactory = _ => 20 };
        var status = new Option<string?>("--status") { Description = "Only orders with this status" };
        var command = new Command("orders", "List the newest orders") { limit, status };
        command.SetAction(async (parsed, cancellation) =>
        {
            using var api = new ShopApi(checkout, "operator", Tokens.Staff);
            var filter = parsed.GetValue(status) is { } only ? $"&status={Uri.EscapeDataString(only)}" : "";
            var page = await api.Get<OrderPage>($"/orders?limit={parsed.GetValue(limit)}{filter}", cancellation);
            var table = new Table().Border(TableBorder.Simple).AddColumns("order", "placed", "total", "status", "reason");
            // An id that is broken over two lines cannot be copied.
            table.Columns[0].NoWrap();
            foreach (var order in page.Orders)
            {
                table.AddRow(
                    order.OrderId.ToString(),
                    order.PlacedAt.ToLocalTime().ToString("HH:mm:ss"),
                    $"{order.Total.Value} {order.Total.Currency}",
                    order.Status,
                    order.Reason ?? "");
            }

            Terminal.Out.Write(table);
            return 0;
        });
        return command;
    }
}
