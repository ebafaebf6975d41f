using Shop.Support;

namespace Shop.Inventory.Tests.Api;

/// <summary>Inventory checks the rights of a caller itself, whatever stands before it.</summary>
[Collection<OneReplica>]
public sealed class AccessTests(TestServers servers, Replica replica)
{
    public static TheoryData<string, string> StaffRoutes { get; } = new()
    {
        { "PUT", "/products/MUG-01" }, { "POST", "/products/MUG-01/restock" }, { "GET", "/ops/audit" }, { "GET", "/ops/dead-letters" },
        { "GET", "/ops/dead-letters/inventory-1" }, { "POST", "/ops/dead-letters/inventory-1/replay" },
        { "DELETE", "/ops/dead-letters/inventory-1" },
    };

    [Theory]
    [MemberData(nameof(StaffRoutes))]
    public async Task A_route_for_staff_asks_for_a_token_and_is_forbidden_to_customers(string method, string path)
    {
        var body = method == "GET" ? null : "{}";

        var nobody = (await replica.Send(new(method), path, null, body)).MustBeProblem(401);
        Assert.StartsWith("Bearer", nobody.Headers["WWW-Authenticate"]);
        (await replica.Send(new(method), path, replica.Customer(), body)).MustBeProblem(403);
        // The caller is staff, with a useless body and an unknown dead letter.
        Assert.Contains((await replica.Send(new(method), path, replica.Staff(), body)).Status, new[] { 200, 400, 404 });
    }

    [Theory]
    [MemberData(nameof(ForgedTokens.Kinds), MemberType = typeof(ForgedTokens))]
    public async Task A_token_that_is_not_ours_is_refused(string kind) =>
        (await replica.Send(HttpMethod.Get, "/ops/audit", servers.ForgedToken(kind))).MustBeProblem(401);

    [Theory]
    [InlineData("/products")]
    [InlineData("/products/MUG-01")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/openapi/v1.json")]
    public async Task Some_routes_are_for_everybody(string path) => Assert.Equal(200, (await replica.Get(path)).Status);
}
