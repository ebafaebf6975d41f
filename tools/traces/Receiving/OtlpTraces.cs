using Google.Protobuf;
using Shop.Traces.Store;
using Attribute = Shop.Traces.Store.Attribute;
using static Shop.Traces.Receiving.OtlpMessage;
using static Shop.Traces.Receiving.OtlpValues;

namespace Shop.Traces.Receiving;

/// <summary>
/// Reads an ExportTraceServiceRequest. The numbers are the fields of the OpenTelemetry protocol's messages (opentelemetry-proto 1.x,
/// trace.proto, common.proto and resource.proto); fields that are not known are skipped, as the protocol asks.
/// </summary>
static class OtlpTraces
{
    /// <exception cref="InvalidProtocolBufferException">These bytes are no such message.</exception>
    /// <exception cref="InvalidOtlpException">They are, and break a rule.</exception>
    public static IReadOnlyList<Span> Read(ReadOnlySpan<byte> request)
    {
        var spans = new List<Span>();
        Each(ByteString.CopyFrom(request), (field, body) =>
        {
            if (field == 1)
            {
                ReadResourceSpans(body.Message(), spans);
            }
        });
        return spans;
    }

    static void ReadResourceSpans(ByteString message, List<Span> spans)
    {
        var resource = Resource.Unknown;
        var scopes = new List<ByteString>();
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    resource = ReadResource(body.Message());
                    break;
                case 2:
                    scopes.Add(body.Message());
                    break;
            }
        });
        foreach (var scope in scopes)
        {
            ReadScopeSpans(scope, resource, spans);
        }
    }

    static Resource ReadResource(ByteString message)
    {
        var attributes = new List<Attribute>();
        Each(message, (field, body) =>
        {
            if (field == 1)
            {
                AddAttribute(body.Message(), attributes);
            }
        });
        var service = attributes.FirstOrDefault(attribute => attribute.Key == "service.name").Value as string;
        return new(service ?? Resource.Unknown.Service, attributes);
    }

    static void ReadScopeSpans(ByteString message, Resource resource, List<Span> spans)
    {
        var scope = "";
        var bodies = new List<ByteString>();
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    scope = ReadScope(body.Message());
                    break;
                case 2:
                    bodies.Add(body.Message());
                    break;
            }
        });
        if (spans.Count + bodies.Count > OtlpLimits.SpansMax)
        {
            throw new InvalidOtlpException($"More than {OtlpLimits.SpansMax} spans are too many for one request.") { IsTooMuch = true };
        }

        spans.AddRange(bodies.Select(body => ReadSpan(body, resource, scope)));
    }

    static string ReadScope(ByteString message)
    {
        var name = "";
        Each(message, (field, body) => name = field == 1 ? SharedTexts.Share(body.Text()) : name);
        return name;
    }

    static Span ReadSpan(ByteString message, Resource resource, string scope)
    {
        string traceId = "", spanId = "", parentId = "", name = "", statusMessage = "";
        var (kind, start, end, isError) = (SpanKind.Unspecified, 0L, 0L, false);
        List<Attribute> attributes = [];
        List<SpanEvent> events = [];
        List<SpanLink> links = [];
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    traceId = body.Hex(16);
                    break;
                case 2:
                    spanId = body.Hex(8);
                    break;
                case 4:
                    parentId = body.Hex(8);
                    break;
                case 5:
                    name = SharedTexts.Share(body.Text());
                    break;
                case 6:
                    kind = (SpanKind)body.Number();
                    break;
                case 7:
                    start = body.Time();
                    break;
                case 8:
                    end = body.Time();
                    break;
                case 9:
                    AddAttribute(body.Message(), attributes);
                    break;
                case 11 when events.Count < OtlpLimits.AttributesMax:
                    events.Add(ReadEvent(body.Message()));
                    break;
                case 13 when links.Count < OtlpLimits.AttributesMax:
                    links.Add(ReadLink(body.Message()));
                    break;
                case 15:
                    (isError, statusMessage) = ReadStatus(body.Message());
                    break;
            }
        });
        if (traceId is "" || spanId is "")
        {
            throw new InvalidOtlpException("A span lacks its trace id or its span id.");
        }

        return new()
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
            Attributes = attributes,
            Events = events,
            Links = links,
            Resource = resource,
            Scope = scope,
        };
    }

    static SpanEvent ReadEvent(ByteString message)
    {
        var (time, name, attributes) = (0L, "", new List<Attribute>());
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    time = body.Time();
                    break;
                case 2:
                    name = SharedTexts.Share(body.Text());
                    break;
                case 3:
                    AddAttribute(body.Message(), attributes);
                    break;
            }
        });
        return new(time, name, attributes);
    }

    static SpanLink ReadLink(ByteString message)
    {
        var (traceId, spanId, attributes) = ("", "", new List<Attribute>());
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    traceId = body.Hex(16);
                    break;
                case 2:
                    spanId = body.Hex(8);
                    break;
                case 4:
                    AddAttribute(body.Message(), attributes);
                    break;
            }
        });
        return new(traceId, spanId, attributes);
    }

    static (bool IsError, string Message) ReadStatus(ByteString message)
    {
        const int error = 2;
        var (isError, text) = (false, "");
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 2:
                    text = body.Text();
                    break;
                case 3:
                    isError = body.Number() == error;
                    break;
            }
        });
        return (isError, text);
    }
}
