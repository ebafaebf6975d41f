using Shop.Support;

namespace Shop.Inventory.Tests.Failures;

/// <summary>Every commit of the database server waits for a standby that is not there.</summary>
[Collection<Alone>]
public sealed class StandbyTests(TestServers servers)
{
    [Fact]
    public async Task While_commits_wait_for_the_standby_nobody_is_told_of_success_and_the_service_says_what_is_wrong()
    {
        await using var inventory = await InventoryScenario.Open(servers, replicas: 1);
        var replica = inventory.Replicas[0];
        await inventory.Add("BOX", 10);

        await using (await servers.StandbyAway())
        {
            var first = (await Restock(replica, 5, "delivery-1")).MustBeProblem(500);
            Assert.Equal("urn:shop:problem:outcome-unknown", first.Json.GetProperty("type").GetString());
            Assert.DoesNotContain("Retry-After", first.Headers.Keys);
            (await Restock(replica, 5, "delivery-1")).MustBeProblem(409);
            var behind = (await Restock(replica, 7, "delivery-2")).MustBeProblem(503);
            Assert.Matches("^[0-9]+$", behind.Headers["Retry-After"]);
            Assert.Equal(10, (await inventory.StockOf("BOX")).Available);
            await Wait.Until(async () => (await Ready(replica)).Contains("No progress: writes"), "word of the lane that waits");
        }

        await Wait.Until(async () => (await inventory.StockOf("BOX")).Available == 15, "the first delivery, by itself");
        await Wait.Until(async () => !(await Ready(replica)).Contains("No progress"), "a service that is ready again");
        Assert.Equal(200, (await Restock(replica, 5, "delivery-1")).Status);
        Assert.Equal(new Stock(15, 15, 0, 0), await inventory.StockOf("BOX"));
    }

    Task<Answer> Restock(TestProgram replica, int quantity, string key) => replica.Send(
        HttpMethod.Post, "/products/BOX/restock", servers.Token(
            "sam", "staff"), $$"""{"quantity":{{quantity}}}""", ("Idempotency-Key", key));

    static async Task<string> Ready(TestProgram replica) => (await replica.Send(HttpMethod.Get, "/health/ready", token: null)).Body;
}
