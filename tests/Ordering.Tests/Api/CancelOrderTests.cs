namespace Shop.Ordering.Tests.Api;

/// <summary>POST /orders/{id}/cancel: a 202 is a promise that is kept, and a refusal says why.</summary>
[Collection<OneReplica>]
public sealed class CancelOrderTests(Replica replica)
{
    readonly string _customer = replica.NewCustomer();

    [Theory]
    [InlineData("Placed")]
    [InlineData("StockReserved")]
    [InlineData("Confirmed")]
    public async Task An_order_can_be_cancelled_in_any_state_and_asking_again_is_harmless(string status)
    {
        var order = await In(status);

        Assert.Equal(202, (await replica.Cancel(order, _customer)).Status);
        Assert.Equal(202, (await replica.Cancel(order, _customer)).Status);

        await replica.Ordering.Is(order, "Cancelling");
        Assert.Equal(202, (await replica.Cancel(order, _customer)).Status);
        await replica.Undo(order);
        var ended = (await replica.Get($"/orders/{order}", _customer)).Json;
        Assert.Equal(("Cancelled", "customer_request"), (ended.GetProperty("status").GetString(), ended.GetProperty("reason").GetString()));
        Assert.Equal(202, (await replica.Cancel(order, _customer)).Status);
    }

    [Fact]
    public async Task The_answer_tells_where_to_look_for_the_end()
    {
        var order = await replica.PlaceOrder(_customer);

        var answer = await replica.Cancel(order, _customer);

        Assert.Equal((order, $"/orders/{order}"), (answer.OrderId, answer.Headers["Location"]));
    }

    [Fact]
    public async Task An_order_that_has_ended_for_another_reason_cannot_be_cancelled()
    {
        var order = await replica.OutOfStock(_customer);

        var answer = await replica.Cancel(order, _customer);

        Assert.Contains("out_of_stock", answer.MustBeProblem(409).Json.GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task A_confirmed_order_cannot_be_cancelled_once_its_window_is_closed()
    {
        var (within, after) = (await replica.Confirmed(_customer), await replica.Confirmed(_customer));
        await replica.Ordering.ConfirmedAgo(within, TimeSpan.FromMinutes(29));
        await replica.Ordering.ConfirmedAgo(after, TimeSpan.FromMinutes(31));

        Assert.Contains(
            "for 30 minutes", (await replica.Cancel(after, _customer)).MustBeProblem(409).Json.GetProperty("detail").GetString()!);
        Assert.Equal(202, (await replica.Cancel(within, _customer)).Status);
        Assert.Equal("Confirmed", await replica.Ordering.Status(after));
    }

    [Fact]
    public async Task An_order_that_does_not_exist_cannot_be_cancelled()
    {
        (await replica.Send(HttpMethod.Post, "/orders/not-a-guid/cancel", _customer)).MustBeProblem(400, "id");
        (await replica.Cancel(Guid.NewGuid(), _customer)).MustBeProblem(404);
    }

    [Fact]
    public async Task Staff_may_cancel_a_customers_order()
    {
        var order = await replica.PlaceOrder(_customer);

        Assert.Equal(202, (await replica.Cancel(order, replica.Token("sam", "staff"))).Status);

        await replica.Ordering.Is(order, "Cancelling");
    }

    Task<Guid> In(string status) => status switch
    {
        "Placed" => replica.PlaceOrder(_customer),
        "StockReserved" => replica.Reserved(_customer),
        _ => replica.Confirmed(_customer),
    };
}
