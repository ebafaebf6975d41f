using System.Net;

namespace Shop.Gateway.Tests;

public sealed class ReplicaHealthTests
{
    const int Many = 20;

    [Fact]
    public async Task Replicas_share_the_work()
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        await shop.UntilHealthy("ordering: 2 of 2");

        await SendMany(shop);

        Assert.All(shop.Ordering, replica => Assert.NotEmpty(replica.Requests));
    }

    [Fact]
    public async Task A_replica_that_is_not_ready_gets_no_work_until_it_is_ready_again()
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        await shop.UntilHealthy("ordering: 2 of 2");
        shop.Ordering[0].IsReady = false;
        await shop.UntilHealthy("ordering: 1 of 2");
        await SendMany(shop);
        Assert.Empty(shop.Ordering[0].Requests);

        shop.Ordering[0].IsReady = true;
        await shop.UntilHealthy("ordering: 2 of 2");
        await SendMany(shop);
        Assert.NotEmpty(shop.Ordering[0].Requests);
    }

    [Fact]
    public async Task A_service_that_failed_under_load_works_again_soon_after_it_has_come_back()
    {
        await using var shop = await GatewayScenario.Start();
        await shop.UntilHealthy("ordering: 1 of 1");
        await shop.Ordering[0].Stop();
        for (var count = 0; count < Many; count++)
        {
            using var answer = await shop.Post("/orders");
            await answer.IsProblem(HttpStatusCode.ServiceUnavailable);
        }

        await shop.Ordering[0].StartAgain();

        await Wait.Until(
            async () =>
            {
                using var answer = await shop.Post("/orders");
                return answer.StatusCode == HttpStatusCode.OK;
            },
            "an order is taken");
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task With_no_replica_left_the_client_is_told_to_come_back(string method)
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        await shop.UntilHealthy("ordering: 2 of 2");
        foreach (var replica in shop.Ordering)
        {
            replica.IsReady = false;
        }

        await shop.UntilHealthy("ordering: 0 of 2");
        using var answer = await shop.Send(new(new(method), "/orders"));

        var problem = await answer.IsProblem(HttpStatusCode.ServiceUnavailable);
        Assert.Contains("No replica of the service is up", problem.Detail());
        Assert.NotNull(answer.Headers.RetryAfter?.Delta);
        Assert.Empty(shop.OrderingRequests);
    }

    [Fact]
    public async Task Without_one_service_the_gateway_stays_ready_for_the_others()
    {
        await using var shop = await GatewayScenario.Start();
        await shop.UntilHealthy("payment: 1 of 1");
        shop.Payment.IsReady = false;
        await shop.UntilHealthy("payment: 0 of 1");

        using var health = await shop.Get("/health/ready", token: "");
        using var products = await shop.Get("/products", token: "");

        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Contains("Degraded", await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, products.StatusCode);
    }

    static async Task SendMany(GatewayScenario shop)
    {
        for (var count = 0; count < Many; count++)
        {
            using var answer = await shop.Get("/orders");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }
}
