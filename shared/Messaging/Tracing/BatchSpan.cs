using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// Work that shares a transaction belongs to many traces, and the transaction to none. So each work has a span from when it began to wait
/// until the commit, the transaction has one that hangs on the first of them, and both sides link to each other. Baggage goes on only if
/// the batch has one work, because a shared transaction belongs to no single order.
/// </summary>
static class BatchSpan
{
    /// <summary>Starts a span below the current one, which stays current.</summary>
    public static Activity? OfWork()
    {
        using var _ = MessageTrace.Pinned();
        return Activity.Current is { Recorded: true } ? MessageTrace.Source.StartActivity("commit") : null;
    }

    public static Activity? Start<TDb>(string endpoint, IReadOnlyList<Work<TDb>> batch) where TDb : DbContext
    {
        var works = batch.Select(work => work.Span).OfType<Activity>().ToArray();
        if (works is not [var first, ..])
        {
            return null;
        }

        var span = MessageTrace.Source.CreateActivity(
            $"batch {endpoint}", ActivityKind.Internal, first.Context, links: works.Skip(1).Select(work => new ActivityLink(work.Context)));
        if (span is not null)
        {
            if (batch.Count == 1)
            {
                MessageTrace.CopyBaggage(first, span);
            }

            span.SetTag("shop.batch.size", batch.Count).Start();
            foreach (var work in works)
            {
                work.AddLink(new(span.Context));
                work.SetTag("shop.batch.size", batch.Count);
            }
        }

        return span;
    }
}
