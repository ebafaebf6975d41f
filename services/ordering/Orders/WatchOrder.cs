using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Shop.Hosting;
using Shop.Ordering.Data;

namespace Shop.Ordering.Orders;

/// <summary>
/// GET /orders/{id}/events: the steps of an order as server-sent events, from the first or from the one after
/// Last-Event-ID on, until it is terminal. The event id is the order's version, so a client may reconnect to any replica.
/// A client that has seen the end gets 204, which makes an EventSource stop reconnecting (HTML standard).
/// </summary>
static class WatchOrder
{
    public sealed record StatusChange(Guid OrderId, string Status, string? Reason, string What, DateTimeOffset At, int Version);

    public static async Task<Results<EventStream<StatusChange>, NoContent, ProblemHttpResult>> Handle(
        string id,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId,
        ClaimsPrincipal user,
        OrderingDbContext db,
        OrderFeed feed,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var orderId))
        {
            return Problem.Invalid("id", "An order id is a UUID.");
        }

        var seen = 0;
        if (!string.IsNullOrEmpty(lastEventId) && (!int.TryParse(lastEventId, out seen) || seen < 0))
        {
            return Problem.Invalid("Last-Event-ID", "The id of an event is a whole number.");
        }

        return await db.FindOrder(orderId, user, cancellation) switch
        {
            null => Problem.NotFound("There is no such order."),
            { IsTerminal: true } order when order.Version <= seen => TypedResults.NoContent(),
            var order => new EventStream<StatusChange>(Events(order, seen, feed, cancellation), clock),
        };
    }

    static async IAsyncEnumerable<SseItem<StatusChange>> Events(
        Order? order, int seen, OrderFeed feed, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var current = order; current is not null; current = await feed.Newer(current, cancellation))
        {
            foreach (var step in current.Timeline.Where(step => step.Version > seen))
            {
                var change = new StatusChange(
                    current.CorrelationId,
                    step.Status,
                    step.Version == current.Version ? current.Reason : null,
                    step.What,
                    step.At,
                    step.Version);
                yield return new(change, "status") { EventId = step.Version.ToString() };
            }

            seen = Math.Max(seen, current.Version);
            if (current.IsTerminal)
            {
                yield break;
            }
        }
    }
}
