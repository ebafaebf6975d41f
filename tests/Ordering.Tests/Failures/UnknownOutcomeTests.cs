using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Shop.Support;

namespace Shop.Ordering.Tests.Failures;

/// <summary>A customer whose order has an unknown outcome sends it again, and has ordered once.</summary>
public sealed class UnknownOutcomeTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_whose_commit_is_not_answered_is_told_as_unknown_and_repeated_under_its_key_it_is_placed_once()
    {
        await using var ordering = await OrderingScenario.Open(servers, hasLink: true);

        ordering.Link.BreakAtNextCommit();
        using (var answer = await ordering.TryPlaceOnce("once"))
        {
            Assert.Equal((HttpStatusCode.InternalServerError, null), (answer.StatusCode, answer.Headers.RetryAfter));
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            Assert.Equal("urn:shop:problem:outcome-unknown", problem.GetProperty("type").GetString());
            Assert.Contains("with the same Idempotency-Key", problem.GetProperty("detail").GetString());
        }

        Assert.Equal(1, ordering.Link.Lost);
        var first = await ordering.Place("once");
        Assert.Equal(first, await ordering.Place("once"));
        Assert.Equal([first], await ordering.Orders());
    }

    [Fact]
    public async Task A_cancellation_is_repeated_under_its_key_and_the_same_key_may_have_placed_the_order()
    {
        await using var ordering = await OrderingScenario.Open(servers, hasLink: true);
        var (order, other) = (await ordering.Place("key"), await ordering.Place());

        ordering.Link.BreakAtNextCommit();
        using (var lost = await ordering.TryCancel(order, "key"))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, lost.StatusCode);
        }

        using var answer = await ordering.TryCancel(order, "key");
        using var another = await ordering.TryCancel(other, "key");
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.UnprocessableEntity), (answer.StatusCode, another.StatusCode));
        Assert.Equal(order, await ordering.Place("key"));
    }
}
