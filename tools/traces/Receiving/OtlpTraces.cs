using Shop.Traces.Store;
using Attribute = Shop.Traces.Store.Attribute;

namespace Shop.Traces.Receiving;

/// <summary>
/// Reads an ExportTraceServiceRequest. The numbers are the fields of the OpenTelemetry protocol's messages (opentelemetry-proto 1.x,
/// trace.proto, common.proto and resource.proto); fields that are not known are skipped, as the protocol asks.
/// </summary>
static class OtlpTraces
{
    /// <exception cref="InvalidOtlpException">These bytes are no such message, or break a rule.</exception>
    public static IReadOnlyList<Span> Read(ReadOnlySpan<byte> body)
    {
        var spans = new OtlpSpans();
        var request = new MessageReader(body);
        while (request.Next())
        {
            if (request.Field == 1)
            {
                ReadResourceSpans(request.Message(), spans);
            }
        }

        return spans.All;
    }

    static void ReadResourceSpans(MessageReader message, OtlpSpans spans)
    {
        // Resource and spans may come in any order, and each span needs the resource.
        var resource = Resource.Unknown;
        for (var fields = message; fields.Next();)
        {
            if (fields.Field == 1)
            {
                resource = ReadResource(fields.Message());
            }
        }

        for (var fields = message; fields.Next();)
        {
            if (fields.Field == 2)
            {
                ReadScopeSpans(fields.Message(), resource, spans);
            }
        }
    }

    static Resource ReadResource(MessageReader fields)
    {
        var attributes = new List<Attribute>();
        while (fields.Next())
        {
            if (fields.Field == 1)
            {
                OtlpValues.AddAttribute(fields.Message(), attributes);
            }
        }

        var service = attributes.FirstOrDefault(attribute => attribute.Key == "service.name").Value as string;
        return new(service ?? Resource.Unknown.Service, [.. attributes]);
    }

    static void ReadScopeSpans(MessageReader message, Resource resource, OtlpSpans spans)
    {
        var scope = "";
        for (var fields = message; fields.Next();)
        {
            if (fields.Field == 1)
            {
                scope = ReadScope(fields.Message());
            }
        }

        for (var fields = message; fields.Next();)
        {
            if (fields.Field == 2)
            {
                spans.Read(fields.Message(), resource, scope);
            }
        }
    }

    static string ReadScope(MessageReader fields)
    {
        var name = "";
        while (fields.Next())
        {
            name = fields.Field == 1 ? fields.SharedText() : name;
        }

        return name;
    }
}
