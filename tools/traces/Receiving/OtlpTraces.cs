using System.Text.Json;
using Google.Protobuf;
using Shop.Traces.Store;
using Attribute = Shop.Traces.Store.Attribute;

namespace Shop.Traces.Receiving;

/// <summary>
/// Reads an ExportTraceServiceRequest. The numbers are the fields of the OpenTelemetry protocol's messages (opentelemetry-proto 1.x,
/// trace.proto, common.proto and resource.proto); fields that are not known are skipped, as the protocol asks.
/// </summary>
static class OtlpTraces
{
    static readonly SharedTexts _texts = new();

    /// <exception cref="InvalidProtocolBufferException">These bytes are no such message.</exception>
    public static IReadOnlyList<Span> Read(byte[] request)
    {
        var spans = new List<Span>();
        Each(request, (field, body) =>
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
        spans.AddRange(bodies.Select(body => ReadSpan(body, resource, scope)));
    }

    static string ReadScope(ByteString message)
    {
        var name = "";
        Each(message, (field, body) => name = field == 1 ? _texts.Share(body.Text()) : name);
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
                    name = _texts.Share(body.Text());
                    break;
                case 6:
                    kind = (SpanKind)body.Number();
                    break;
                case 7:
                    start = body.Fixed();
                    break;
                case 8:
                    end = body.Fixed();
                    break;
                case 9:
                    AddAttribute(body.Message(), attributes);
                    break;
                case 11:
                    events.Add(ReadEvent(body.Message()));
                    break;
                case 13:
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
                    time = body.Fixed();
                    break;
                case 2:
                    name = _texts.Share(body.Text());
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

    static void AddAttribute(ByteString message, List<Attribute> attributes)
    {
        var (key, value) = ("", (object)"");
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    key = _texts.Share(body.Text());
                    break;
                case 2:
                    value = ReadValue(body.Message(), depth: 0);
                    break;
            }
        });
        if (attributes.Count < OtlpLimits.AttributesMax)
        {
            attributes.Add(new(key, value));
        }
    }

    // Lists and maps are shown as JSON.
    static object ReadValue(ByteString message, int depth)
    {
        if (depth > OtlpLimits.DepthMax)
        {
            throw new InvalidOtlpException($"A value is nested more than {OtlpLimits.DepthMax} deep.");
        }

        object value = "";
        Each(message, (field, body) => value = field switch
        {
            1 => _texts.Share(body.Text()),
            2 => body.Number() != 0,
            3 => body.Number(),
            4 => BitConverter.Int64BitsToDouble(body.Fixed()),
            5 => JsonSerializer.Serialize(Items(body.Message(), item => ReadValue(item, depth + 1))),
            6 => JsonSerializer.Serialize(Items(body.Message(), item => ReadPair(item, depth + 1)).ToLookup(pair => pair.Key, pair => pair.Value)
                .ToDictionary(pair => pair.Key, pair => pair.Last())),
            7 => Convert.ToBase64String(body.Message().Span),
            _ => value,
        });
        return value;
    }

    static List<T> Items<T>(ByteString message, Func<ByteString, T> read)
    {
        var items = new List<T>();
        Each(message, (field, body) =>
        {
            if (field == 1)
            {
                items.Add(read(body.Message()));
            }
        });
        return items;
    }

    static (string Key, object Value) ReadPair(ByteString message, int depth)
    {
        var (key, value) = ("", (object)"");
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    key = body.Text();
                    break;
                case 2:
                    value = ReadValue(body.Message(), depth);
                    break;
            }
        });
        return (key, value);
    }

    static void Each(byte[] message, Action<int, FieldBody> read) => Each(new CodedInputStream(message), read);

    static void Each(ByteString message, Action<int, FieldBody> read) => Each(message.CreateCodedInput(), read);

    static void Each(CodedInputStream input, Action<int, FieldBody> read)
    {
        while (input.ReadTag() is not 0 and var tag)
        {
            var body = new FieldBody(input, tag);
            read(WireFormat.GetTagFieldNumber(tag), body);
            body.SkipIfUnread();
        }
    }
}

/// <summary>Bytes that follow the format and break a rule of OTLP's.</summary>
sealed class InvalidOtlpException(string message) : Exception(message);
