using Shop.Support;

namespace Shop.Payment.Tests.Api;

/// <summary>Payment checks the rights of a caller itself, whatever stands before it.</summary>
[Collection<OneProvider>]
public sealed class AccessTests(TestServers servers, TwoReplicas two)
{
    public static TheoryData<string, string> StaffRoutes { get; } = new()
    {
        { "GET", "/ops/audit" }, { "GET", "/ops/dead-letters" }, { "GET", "/ops/dead-letters/payment-1" },
        { "POST", "/ops/dead-letters/payment-1/replay" }, { "DELETE", "/ops/dead-letters/payment-1" },
    };

    [Theory]
    [MemberData(nameof(StaffRoutes))]
    public async Task A_route_for_staff_asks_for_a_token_and_is_forbidden_to_customers(string method, string path)
    {
        var body = method == "GET" ? null : "{}";

        var nobody = (await two.Replica.Send(new(method), path, null, body)).MustBeProblem(401);
        Assert.StartsWith("Bearer", nobody.Headers["WWW-Authenticate"]);
        (await two.Replica.Send(new(method), path, servers.Token("alice", "customer"), body)).MustBeProblem(403);
        // The caller is staff, with an unknown dead letter.
        Assert.Contains((await two.Replica.Send(new(method), path, servers.Token("sam", "staff"), body)).Status, new[] { 200, 404 });
    }

    [Theory]
    [MemberData(nameof(ForgedTokens.Kinds), MemberType = typeof(ForgedTokens))]
    public async Task A_token_that_is_not_ours_is_refused(string kind) =>
        (await two.Replica.Send(HttpMethod.Get, $"/payments/{Guid.NewGuid()}", servers.ForgedToken(kind))).MustBeProblem(401);

    [Fact]
    public async Task A_payment_is_shown_to_its_customer_and_to_staff_and_to_nobody_else()
    {
        var command = PaymentScenario.Take("tok_visa");
        await two.Payments.Send(command);
        await PaymentScenario.WaitForEvents(two.Payments.Taken, command.OrderId);

        Task<Answer> Look(string? token) => two.Replica.Send(HttpMethod.Get, $"/payments/{command.OrderId}", token);

        Assert.Equal(200, (await Look(servers.Token("alice", "customer"))).Status);
        Assert.Equal(200, (await Look(servers.Token("sam", "staff"))).Status);
        (await Look(servers.Token("mallory", "customer"))).MustBeProblem(404);
        (await Look(null)).MustBeProblem(401);
    }
}
