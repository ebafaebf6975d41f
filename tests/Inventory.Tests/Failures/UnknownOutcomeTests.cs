using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Shop.Support;

namespace Shop.Inventory.Tests.Failures;

/// <summary>The answer says so if the outcome of a write is unknown, and one key makes it happen once, however often it is sent.</summary>
public sealed class UnknownOutcomeTests(TestServers servers)
{
    const string OutcomeUnknown = "urn:shop:problem:outcome-unknown";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restock_whose_commit_is_not_answered_is_told_as_unknown_and_repeated_under_its_key_it_happens_once()
    {
        await using var inventory = await InventoryScenario.Open(servers, replicas: 1, hasLink: true);
        await inventory.Add("BOX", 10);

        inventory.Link.BreakAtNextCommit();
        await IsUnknown(await Restock(inventory, "BOX", 5, "delivery-1"));
        Assert.Equal((1, 15), (inventory.Link.Lost, (await inventory.StockOf("BOX")).Available));

        using var first = await Restock(inventory, "BOX", 5, "delivery-1");
        using var again = await Restock(inventory, "BOX", 5, "delivery-1");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal(15, (await Json(first)).GetProperty("available").GetInt64());
        Assert.Equal(15, (await Json(again)).GetProperty("available").GetInt64());
        Assert.Equal(new Stock(15, 15, 0, 0), await inventory.StockOf("BOX"));
    }

    [Fact]
    public async Task Without_a_key_it_is_told_to_look_first()
    {
        await using var inventory = await InventoryScenario.Open(servers, replicas: 1, hasLink: true);
        await inventory.Add("BOX", 10);

        inventory.Link.BreakAtNextCommit();

        var problem = await IsUnknown(await Restock(inventory, "BOX", 5, key: null));
        Assert.Contains("Look before you send it again", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task What_failed_before_its_commit_may_be_tried_again()
    {
        await using var inventory = await InventoryScenario.Open(servers, replicas: 1, hasLink: true);
        await inventory.Add("BOX", 10);

        inventory.Link.IsCut = true;
        using var refused = await Restock(inventory, "BOX", 5, "delivery-1");
        inventory.Link.IsCut = false;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        using var answer = await Wait.Until(
            () => Restock(inventory, "BOX", 5, "delivery-1"), answer => answer.IsSuccessStatusCode, "the restock");
        Assert.Equal(new Stock(15, 15, 0, 0), await inventory.StockOf("BOX"));
    }

    [Fact]
    public async Task A_key_belongs_to_its_user_its_route_and_its_request()
    {
        await using var inventory = await InventoryScenario.Open(servers, replicas: 2);
        await inventory.Add("BOX", 10);
        await inventory.Add("BAG", 10);

        await Is(HttpStatusCode.OK, Restock(inventory, "BOX", 5, "key"));
        await Is(HttpStatusCode.OK, Restock(inventory, "BOX", 5, "key", replica: 1));
        await Is(HttpStatusCode.OK, Restock(inventory, "BOX", 5, "key", user: "sally"));
        await Is(HttpStatusCode.UnprocessableEntity, Restock(inventory, "BOX", 6, "key"));
        await Is(HttpStatusCode.UnprocessableEntity, Restock(inventory, "BAG", 5, "key"));
        await Is(HttpStatusCode.BadRequest, Restock(inventory, "BOX", 5, "a key"));
        await Is(HttpStatusCode.NotFound, Restock(inventory, "NO-SUCH", 5, "other"));
        await Is(HttpStatusCode.OK, Restock(inventory, "BAG", 5, "other"));
        await Is(HttpStatusCode.Created, Put(inventory, "NEW-01", 2.50m, "key"));
        await Is(HttpStatusCode.Created, Put(inventory, "NEW-01", 2.5m, "key", replica: 1));
        await Is(HttpStatusCode.UnprocessableEntity, Put(inventory, "NEW-01", 2.51m, "key"));
        await Is(HttpStatusCode.OK, Put(inventory, "NEW-01", 2.51m, "key-2"));
        await Is(HttpStatusCode.OK, Put(inventory, "NEW-01", 2.51m, "key-2"));

        Assert.Equal((20, 15), ((await inventory.StockOf("BOX")).Available, (await inventory.StockOf("BAG")).Available));
        Assert.Equal(2, await inventory.Version("NEW-01"));
    }

    static async Task Is(HttpStatusCode status, Task<HttpResponseMessage> asking)
    {
        using var answer = await asking;
        Assert.True(
            status == answer.StatusCode,
            $"{status} expected, not {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
    }

    static async Task<JsonElement> IsUnknown(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.Equal((HttpStatusCode.InternalServerError, null), (answer.StatusCode, answer.Headers.RetryAfter));
            var problem = await Json(answer);
            Assert.Equal(OutcomeUnknown, problem.GetProperty("type").GetString());
            return problem;
        }
    }

    static Task<JsonElement> Json(HttpResponseMessage answer) => answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);

    Task<HttpResponseMessage> Restock(
        InventoryScenario inventory, string sku, int quantity, string? key, int replica = 0, string user = "sam") =>
        Send(inventory, HttpMethod.Post, $"products/{sku}/restock", new { quantity }, key, replica, user);

    Task<HttpResponseMessage> Put(InventoryScenario inventory, string sku, decimal price, string? key, int replica = 0) =>
        Send(inventory, HttpMethod.Put, $"products/{sku}", new { name = "New", price }, key, replica, "sam");

    async Task<HttpResponseMessage> Send(
        InventoryScenario inventory, HttpMethod method, string path, object body, string? key, int replica, string user)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", servers.Token(user, "staff"));
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        return await inventory.Replicas[replica].Http.SendAsync(request, Cancellation);
    }
}
