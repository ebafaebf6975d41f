using System.Net;
using Microsoft.AspNetCore.Http;

namespace Shop.Gateway.Tests;

public sealed class RoutingTests : IAsyncLifetime
{
    GatewayScenario _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GatewayScenario.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Theory]
    [InlineData("GET", "/orders?limit=5", "ordering")]
    [InlineData("POST", "/orders", "ordering")]
    [InlineData("HEAD", "/orders/17", "ordering")]
    [InlineData("POST", "/orders/17/cancel", "ordering")]
    [InlineData("GET", "/orders/17/events", "ordering")]
    [InlineData("GET", "/ops/stuck-orders", "ordering")]
    [InlineData("GET", "/products", "inventory")]
    [InlineData("PUT", "/products/MUG-01", "inventory")]
    [InlineData("GET", "/payments/17", "payment")]
    [InlineData("GET", "/ops/dead-letters/ordering-orders-1", "ordering")]
    [InlineData("POST", "/ops/dead-letters/inventory-stock-1/replay", "inventory")]
    [InlineData("DELETE", "/ops/dead-letters/payment-payments-1", "payment")]
    public async Task Every_address_has_its_service(string method, string address, string service)
    {
        using var answer = await _shop.Send(new(new(method), address), Tokens.Staff());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var requests = new[] { ("ordering", _shop.Ordering[0]), ("inventory", _shop.Inventory), ("payment", _shop.Payment) }
            .SelectMany(fake => fake.Item2.Requests.Select(request => (fake.Item1, request.Method, request.Path)));
        Assert.Equal([(service, method, address)], requests);
    }

    [Fact]
    public async Task An_unknown_address_is_a_problem()
    {
        using var answer = await _shop.Get("/nowhere");

        await answer.IsProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_service_is_answered_for_by_itself_even_when_it_refuses()
    {
        const string Refusal = """{"title":"made by the service","status":422,"traceId":"its own"}""";
        _shop.Ordering[0].Answer = http =>
        {
            http.Response.StatusCode = 422;
            http.Response.ContentType = "application/problem+json";
            return http.Response.WriteAsync(Refusal);
        };

        using var answer = await _shop.Post("/orders");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(Refusal, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Where_a_request_comes_from_is_for_the_gateway_to_say()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/orders")
        {
            Headers =
            {
                { "X-Forwarded-For", "6.6.6.6" },
                { "X-Forwarded-Host", "evil.example" },
                { "X-Forwarded-Prefix", "/evil" },
                { "X-Real-IP", "6.6.6.6" },
                { "Forwarded", "for=6.6.6.6" },
            },
        };
        using var answer = await _shop.Send(request);

        var headers = _shop.OrderingRequests.Single().Headers;
        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.DoesNotContain(headers.Values, value => value.Contains("6.6.6.6") || value.Contains("evil"));
    }

    [Fact]
    public async Task A_callers_trace_goes_on_but_its_baggage_does_not()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        var request = new HttpRequestMessage(HttpMethod.Get, "/orders")
        {
            Headers =
            {
                { "traceparent", $"00-{Trace}-b7ad6b7169203331-01" },
                { "baggage", "load=heavy" },
                { "Correlation-Context", "load=heavy" },
            },
        };
        using var answer = await _shop.Send(request);

        var received = _shop.OrderingRequests.Single();
        Assert.Equal(Trace, received.TraceId);
        Assert.DoesNotContain(received.Headers, header => header.Value.Contains("heavy"));
    }
}
