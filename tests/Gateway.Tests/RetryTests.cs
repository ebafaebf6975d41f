using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Shop.Hosting;

namespace Shop.Gateway.Tests;

/// <summary>There are enough requests that some meet the failing replica before a probe finds it.</summary>
public sealed class RetryTests
{
    const int Many = 20;

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task A_request_moves_to_another_replica_if_its_own_cannot_be_reached(string method)
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        await shop.UntilHealthy("ordering: 2 of 2");
        await shop.Ordering[0].Stop();

        for (var count = 0; count < Many; count++)
        {
            using var answer = await shop.Send(new(new(method), "/orders") { Content = new StringContent($"{count}") });
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        var bodies = shop.Ordering[1].Requests.Select(request => request.Body);
        Assert.Equal(Enumerable.Range(0, Many).Select(count => $"{count}"), bodies);
    }

    [Fact]
    public async Task A_read_moves_to_another_replica_if_its_own_breaks_off()
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        shop.Ordering[0].Answer = BreakOff;

        for (var count = 0; count < Many; count++)
        {
            using var answer = await shop.Get("/orders");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.NotEmpty(shop.Ordering[0].Requests);
        Assert.Equal(Many, shop.Ordering[1].Requests.Count);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_read_moves_to_another_replica_if_its_own_is_not_available(int status)
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        shop.Ordering[0].Answer = http => Refuse(http, status);

        for (var count = 0; count < Many; count++)
        {
            using var answer = await shop.Get("/orders");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("ok", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.False(answer.Headers.Contains("X-From"));
        }

        Assert.NotEmpty(shop.Ordering[0].Requests);
    }

    [Fact]
    public async Task If_the_other_replica_is_not_available_either_its_answer_stands()
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        shop.Ordering[0].Answer = shop.Ordering[1].Answer = http => Refuse(http, 503);

        using var answer = await shop.Get("/orders");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("refused", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, shop.OrderingRequests.Count());
    }

    [Fact]
    public async Task A_write_that_a_replica_has_read_is_never_sent_again()
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        shop.Ordering[0].Answer = shop.Ordering[1].Answer = BreakOff;

        using var answer = await shop.Post("/orders", "the order");

        var problem = await answer.IsProblem(HttpStatusCode.BadGateway);
        Assert.Contains("Whether it was done is not known", problem.Detail());
        Assert.Equal((Problems.OutcomeUnknown, null), (problem.GetProperty("type").GetString(), answer.Headers.RetryAfter));
        var received = Assert.Single(shop.OrderingRequests);
        Assert.Equal("the order", received.Body);
        Assert.Equal(received.TraceId, problem.TraceId());
    }

    [Fact]
    public async Task A_write_that_a_replica_has_refused_is_never_sent_again()
    {
        await using var shop = await GatewayScenario.Start(orderingReplicas: 2);
        shop.Ordering[0].Answer = shop.Ordering[1].Answer = http => Refuse(http, 503);

        using var answer = await shop.Post("/orders");

        Assert.Equal("refused", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Single(shop.OrderingRequests);
    }

    [Fact]
    public async Task A_write_moves_on_from_a_replica_that_never_accepts_a_connection()
    {
        using var unresponsive = UnresponsiveServer.Start();
        await using var live = await FakeService.Start();
        await using var shop = await GatewayScenario.Start(
            ("ReverseProxy:Clusters:ordering:Destinations:1:Address", unresponsive.Address),
            ("ReverseProxy:Clusters:ordering:Destinations:2:Address", live.Address));

        var answers = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => shop.Post("/orders")));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(Many, live.Requests.Count);
    }

    static Task BreakOff(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }

    static Task Refuse(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        http.Response.Headers["X-From"] = "who refused";
        return http.Response.WriteAsync("refused");
    }

    /// <summary>
    /// A connection to this server neither succeeds nor fails, as with a cut cable: its queue is full, so Linux drops further requests to
    /// connect.
    /// </summary>
    sealed class UnresponsiveServer : IDisposable
    {
        readonly List<Socket> _sockets = [];

        public string Address { get; private init; } = "";

        public static UnresponsiveServer Start()
        {
            var listener = NewSocket();
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(0);
            var unresponsive = new UnresponsiveServer { Address = $"http://{listener.LocalEndPoint}/", _sockets = { listener } };
            for (var count = 0; count < 4; count++)
            {
                var filler = NewSocket();
                filler.Blocking = false;
                unresponsive._sockets.Add(filler);
                Assert.Throws<SocketException>(() => filler.Connect(listener.LocalEndPoint!));
            }

            return unresponsive;
        }

        public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

        static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    }
}
