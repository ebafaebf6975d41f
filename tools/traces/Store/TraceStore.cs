using System.Runtime.InteropServices;

namespace Shop.Traces.Store;

/// <summary>The limits of what is kept, in memory only. Beyond a limit, the oldest traces are dropped.</summary>
sealed record StoreLimits
{
    public const string Section = "Store";

    public int SpansMax { get; init; } = 200_000;

    public long BytesMax { get; init; } = 256_000_000;

    /// <summary>One trace that never ends must not push out all others.</summary>
    public int SpansOfTraceMax { get; init; } = 10_000;
}

/// <summary>The traces that were received last.</summary>
sealed class TraceStore(StoreLimits limits)
{
    const int BytesOfTrace = 500;

    readonly Lock _lock = new();
    readonly Dictionary<UInt128, LinkedListNode<Trace>> _traces = [];

    // The traces by the time of their last span, oldest first.
    readonly LinkedList<Trace> _order = [];

    // The number of spans that share each resource, as all spans of one request do.
    readonly Dictionary<Resource, int> _resources = new(ReferenceEqualityComparer.Instance);
    long _bytes;
    int _spans;
    long _received;
    long _dropped;

    public StoreState State
    {
        get
        {
            lock (_lock)
            {
                return new(_order.Count, _spans, _bytes, _received, _dropped);
            }
        }
    }

    public void Add(IReadOnlyList<Span> spans)
    {
        lock (_lock)
        {
            foreach (var span in spans)
            {
                Add(span);
            }

            while ((_spans > limits.SpansMax || _bytes > limits.BytesMax) && _order.First is { } oldest)
            {
                Remove(oldest);
            }
        }
    }

    /// <summary>A trace's spans, in the order of their start; none if it is not known.</summary>
    public IReadOnlyList<Span> Find(UInt128 traceId)
    {
        lock (_lock)
        {
            return _traces.TryGetValue(traceId, out var node) ? node.Value.InOrder() : [];
        }
    }

    /// <summary>Traces that match, the latest first, or the latest orders.</summary>
    public IReadOnlyList<IReadOnlyList<Span>> Search(TraceQuery query)
    {
        lock (_lock)
        {
            return
            [
                .. _order.Where(trace => query.Matches(trace))
                    .OrderByDescending(trace => query.OrdersFirst && trace.IsOfOrder).ThenByDescending(trace => trace.Start)
                    .Take(query.Limit).Select(trace => trace.InOrder()),
            ];
        }
    }

    /// <summary>Names of services and of their operations.</summary>
    public ILookup<string, (string Operation, SpanKind Kind)> Operations()
    {
        lock (_lock)
        {
            return _order.SelectMany(trace => trace.Spans).Select(span => (span.Resource.Service, span.Name, span.Kind)).Distinct()
                .ToLookup(operation => operation.Service, operation => (operation.Name, operation.Kind));
        }
    }

    void Add(Span span)
    {
        _received++;
        if (!_traces.TryGetValue(span.TraceId, out var node))
        {
            node = new(new(span.TraceId));
            _bytes += BytesOfTrace;
            _traces[span.TraceId] = node;
        }
        else
        {
            _order.Remove(node);
        }

        _order.AddLast(node);
        if (node.Value.Count >= limits.SpansOfTraceMax)
        {
            _dropped++;
        }
        else if (node.Value.Add(span))
        {
            _spans++;
            _bytes += span.Bytes;
            ref var sharers = ref CollectionsMarshal.GetValueRefOrAddDefault(_resources, span.Resource, out _);
            if (sharers++ == 0)
            {
                _bytes += span.Resource.Bytes;
            }
        }
    }

    void Remove(LinkedListNode<Trace> node)
    {
        _order.Remove(node);
        _traces.Remove(node.Value.Id);
        _spans -= node.Value.Count;
        _bytes -= BytesOfTrace;
        foreach (var span in node.Value.Spans)
        {
            _bytes -= span.Bytes;
            if (--CollectionsMarshal.GetValueRefOrNullRef(_resources, span.Resource) == 0)
            {
                _resources.Remove(span.Resource);
                _bytes -= span.Resource.Bytes;
            }
        }

        _dropped += node.Value.Count;
    }
}

/// <param name="Spans">Kept now, in so many traces and about so many bytes.</param>
/// <param name="Dropped">Received, and gone because of the limits.</param>
sealed record StoreState(int Traces, int Spans, long Bytes, long Received, long Dropped);
