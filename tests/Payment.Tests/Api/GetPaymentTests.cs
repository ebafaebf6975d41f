using Shop.Contracts.Payment;
using Shop.Support;

namespace Shop.Payment.Tests.Api;

/// <summary>GET /payments/{orderId}.</summary>
[Collection<OneProvider>]
public sealed class GetPaymentTests(TestServers servers, TwoReplicas two)
{
    readonly string _customer = servers.Token("alice", "customer");

    [Theory]
    [InlineData("/payments/not-a-guid", 400, "orderId")]
    [InlineData("/payments/00000000-0000-0000-0000-000000000000", 404, null)]
    [InlineData("/no-such-route", 404, null)]
    public async Task A_bad_address_is_answered_with_what_is_wrong_with_it(string path, int status, string? field) =>
        (await Get(path)).MustBeProblem(status, field);

    [Fact]
    public async Task A_payment_shows_what_became_of_it()
    {
        var (taken, declined) = (PaymentScenario.Take("tok_visa", 12.5m), PaymentScenario.Take("tok_insufficient_funds"));
        await two.Payments.Send(taken);
        await two.Payments.Send(declined);
        await PaymentScenario.WaitForEvents(two.Payments.Taken, taken.OrderId);
        await PaymentScenario.WaitForEvents(two.Payments.Declined, declined.OrderId);

        Assert.Equal(View(taken.OrderId, "Taken", "12.50", "0.00", "null"), await Look(taken.OrderId));
        Assert.Equal(View(declined.OrderId, "Declined", "25.00", "0.00", "\"insufficient_funds\""), await Look(declined.OrderId));

        await two.Payments.Send(new RefundPayment(taken.OrderId));
        await PaymentScenario.WaitForEvents(two.Payments.Refunded, taken.OrderId);
        Assert.Equal(View(taken.OrderId, "Refunded", "12.50", "12.50", "null"), await Look(taken.OrderId));
    }

    [Fact]
    public async Task HEAD_answers_as_GET_does_without_a_body()
    {
        var command = PaymentScenario.Take("tok_visa");
        await two.Payments.Send(command);
        await PaymentScenario.WaitForEvents(two.Payments.Taken, command.OrderId);

        foreach (var path in new[] { $"/payments/{command.OrderId}", "/openapi/v1.json" })
        {
            var (head, get) = (await two.Replica.Send(HttpMethod.Head, path, _customer), await Get(path));
            Assert.Equal((200, get.MediaType, ""), (head.Status, head.MediaType, head.Body));
        }
    }

    Task<Answer> Get(string path) => two.Replica.Send(HttpMethod.Get, path, _customer);

    async Task<string> Look(Guid order) => (await Get($"/payments/{order}")).Body.TrimEnd();

    static string View(Guid order, string status, string amount, string refunded, string code) =>
        $$$"""
        {"orderId":"{{{order}}}","status":"{{{status}}}","amount":{"amount":"{{{amount}}}","currency":"EUR"},"refunded":{"amount":"{{{refunded}}}","currency":"EUR"},"declineCode":{{{code}}}}
        """;
}
