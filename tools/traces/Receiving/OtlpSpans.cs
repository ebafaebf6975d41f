using Shop.Traces.Store;
using Attribute = Shop.Traces.Store.Attribute;

namespace Shop.Traces.Receiving;

/// <summary>The spans of one request.</summary>
sealed class OtlpSpans
{
    readonly List<Span> _spans = [];

    // The lists of the span that is being read. They are reused, because growing new lists would cost more than their contents.
    readonly List<Attribute> _attributes = [];
    readonly List<SpanEvent> _events = [];
    readonly List<SpanLink> _links = [];

    public IReadOnlyList<Span> All => _spans;

    public void Read(MessageReader fields, Resource resource, string scope)
    {
        if (_spans.Count == OtlpLimits.SpansMax)
        {
            throw new InvalidOtlpException($"More than {OtlpLimits.SpansMax} spans are too many for one request.") { IsTooMuch = true };
        }

        var (traceId, spanId, parentId) = (UInt128.Zero, 0UL, 0UL);
        var (name, statusMessage) = ("", "");
        var (kind, start, end, isError) = (SpanKind.Unspecified, 0L, 0L, false);
        _attributes.Clear();
        _events.Clear();
        _links.Clear();
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    traceId = fields.TraceId();
                    break;
                case 2:
                    spanId = fields.SpanId();
                    break;
                case 4:
                    parentId = fields.SpanId();
                    break;
                case 5:
                    name = fields.SharedText();
                    break;
                case 6:
                    kind = (SpanKind)fields.Number();
                    break;
                case 7:
                    start = fields.Time();
                    break;
                case 8:
                    end = fields.Time();
                    break;
                case 9:
                    OtlpValues.AddAttribute(fields.Message(), _attributes);
                    break;
                case 11 when _events.Count < OtlpLimits.AttributesMax:
                    _events.Add(ReadEvent(fields.Message()));
                    break;
                case 13 when _links.Count < OtlpLimits.AttributesMax:
                    _links.Add(ReadLink(fields.Message()));
                    break;
                case 15:
                    (isError, statusMessage) = ReadStatus(fields.Message());
                    break;
            }
        }

        if (traceId == 0 || spanId == 0)
        {
            throw new InvalidOtlpException("A span lacks its trace id or its span id.");
        }

        _spans.Add(new()
        {
            TraceId = traceId,
            SpanId = spanId,
            ParentId = parentId,
            Name = name,
            Kind = Enum.IsDefined(kind) ? kind : SpanKind.Unspecified,
            Start = start,
            End = Math.Max(start, end),
            IsError = isError,
            StatusMessage = statusMessage,
            Attributes = [.. _attributes],
            Events = [.. _events],
            Links = [.. _links],
            Resource = resource,
            Scope = scope,
        });
    }

    static SpanEvent ReadEvent(MessageReader fields)
    {
        var (time, name, attributes) = (0L, "", new List<Attribute>());
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    time = fields.Time();
                    break;
                case 2:
                    name = fields.SharedText();
                    break;
                case 3:
                    OtlpValues.AddAttribute(fields.Message(), attributes);
                    break;
            }
        }

        return new(time, name, [.. attributes]);
    }

    static SpanLink ReadLink(MessageReader fields)
    {
        var (traceId, spanId, attributes) = (UInt128.Zero, 0UL, new List<Attribute>());
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    traceId = fields.TraceId();
                    break;
                case 2:
                    spanId = fields.SpanId();
                    break;
                case 4:
                    OtlpValues.AddAttribute(fields.Message(), attributes);
                    break;
            }
        }

        return new(traceId, spanId, [.. attributes]);
    }

    static (bool IsError, string Message) ReadStatus(MessageReader fields)
    {
        const int error = 2;
        var (isError, text) = (false, "");
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 2:
                    text = fields.Text();
                    break;
                case 3:
                    isError = fields.Number() == error;
                    break;
            }
        }

        return (isError, text);
    }
}
