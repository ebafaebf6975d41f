using System.Text.Json;

namespace Shop.Ordering.Tests.Api;

/// <summary>GET /orders: pages and filters.</summary>
[Collection<OneReplica>]
public sealed class ListOrdersTests(Replica replica)
{
    readonly string _customer = replica.NewCustomer();

    [Fact]
    public async Task Pages_list_every_order_once_newest_first()
    {
        var placed = new List<Guid>();
        for (var number = 0; number < 5; number++)
        {
            placed.Add(await replica.PlaceOrder(_customer));
        }

        Assert.Equal(placed.AsEnumerable().Reverse(), await Listed("limit=2"));
    }

    [Fact]
    public async Task A_list_by_status_has_the_orders_in_this_status_and_no_others()
    {
        Guid[] placed = [await replica.PlaceOrder(_customer), await replica.PlaceOrder(_customer), await replica.PlaceOrder(_customer)];
        var reserved = await replica.Reserved(_customer);
        var confirmed = await replica.Confirmed(_customer);
        var cancelling = await replica.Cancelling(_customer);
        var cancelled = await replica.OutOfStock(_customer);

        Assert.Equal(placed.Reverse(), await Listed("limit=1&status=Placed"));
        Assert.Equal([reserved], await Listed("limit=1&status=StockReserved"));
        Assert.Equal([confirmed], await Listed("limit=1&status=Confirmed"));
        Assert.Equal([cancelling], await Listed("limit=1&status=Cancelling"));
        Assert.Equal([cancelled], await Listed("limit=1&status=Cancelled"));
    }

    [Fact]
    public async Task Staff_see_everybodys_orders_and_a_customer_sees_their_own()
    {
        var order = await replica.PlaceOrder(_customer);

        Assert.Equal([order], await Listed("limit=100"));
        Assert.Contains($"{order}", (await replica.Get("/orders?limit=100", replica.Token("sam", "staff"))).Body);
        Assert.DoesNotContain($"{order}", (await replica.Get("/orders?limit=100", replica.NewCustomer())).Body);
    }

    [Theory]
    [InlineData("after=nonsense", "after")]
    [InlineData("after=AAAA", "after")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("status=Lost", "status")]
    [InlineData("status=confirmed", "status")]
    public async Task A_bad_question_is_answered_with_what_is_wrong_with_it(string query, string field) =>
        (await replica.Get($"/orders?{query}", _customer)).MustBeProblem(400, field);

    [Fact]
    public async Task A_page_has_at_most_100_orders() => Assert.Equal(200, (await replica.Get("/orders?limit=100", _customer)).Status);

    /// <summary>All pages of a list, one after the other.</summary>
    async Task<IReadOnlyList<Guid>> Listed(string query)
    {
        var listed = new List<Guid>();
        var after = "";
        do
        {
            var page = (await replica.Get($"/orders?{query}{after}", _customer)).Json;
            listed.AddRange(page.GetProperty("orders").EnumerateArray().Select(order => order.GetProperty("orderId").GetGuid()));
            after = page.GetProperty("next") is { ValueKind: JsonValueKind.String } next ? $"&after={next.GetString()}" : "";
        }
        while (after != "");

        return listed;
    }
}
