using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Attribute = Shop.Traces.Store.Attribute;
using static Shop.Traces.Receiving.OtlpMessage;

namespace Shop.Traces.Receiving;

/// <summary>Reads KeyValue and AnyValue. Lists and maps are kept as JSON.</summary>
static class OtlpValues
{
    static readonly JsonSerializerOptions _readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void AddAttribute(ByteString message, List<Attribute> attributes)
    {
        var (key, value) = ("", (object)"");
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    key = SharedTexts.Share(body.Text());
                    break;
                case 2:
                    value = ReadValue(body.Message());
                    break;
            }
        });
        if (attributes.Count < OtlpLimits.AttributesMax)
        {
            attributes.Add(new(key, value));
        }
    }

    static object ReadValue(ByteString message)
    {
        object value = "";
        Each(message, (field, body) => value = field switch
        {
            1 => SharedTexts.Share(body.Text()),
            2 => body.Number() != 0,
            3 => body.Number(),
            4 => BitConverter.Int64BitsToDouble(body.Fixed()),
            5 or 6 => FieldBody.Cut(Container(field, body.Message(), new(), depth: 1).ToJsonString(_readable)),
            7 => FieldBody.Cut(Convert.ToBase64String(body.Message().Span)),
            _ => value,
        });
        return value;
    }

    static JsonNode Container(int field, ByteString message, Budget budget, int depth) =>
        field == 5 ? ReadList(message, budget, depth) : ReadMap(message, budget, depth);

    static JsonArray ReadList(ByteString message, Budget budget, int depth)
    {
        var list = new JsonArray();
        Each(message, (field, body) =>
        {
            if (field == 1 && budget.Spend())
            {
                list.Add(ReadNode(body.Message(), budget, depth));
            }
        });
        return list;
    }

    static JsonObject ReadMap(ByteString message, Budget budget, int depth)
    {
        var map = new JsonObject();
        Each(message, (field, body) =>
        {
            if (field == 1 && budget.Spend())
            {
                var (key, value) = ReadPair(body.Message(), budget, depth);
                map[key] = value;
            }
        });
        return map;
    }

    static (string Key, JsonNode? Value) ReadPair(ByteString message, Budget budget, int depth)
    {
        var (key, value) = ("", default(JsonNode));
        Each(message, (field, body) =>
        {
            switch (field)
            {
                case 1:
                    key = body.Text();
                    break;
                case 2:
                    value = ReadNode(body.Message(), budget, depth);
                    break;
            }
        });
        return (key, value);
    }

    static JsonNode? ReadNode(ByteString message, Budget budget, int depth)
    {
        if (depth > OtlpLimits.DepthMax)
        {
            throw new InvalidOtlpException($"A value is nested more than {OtlpLimits.DepthMax} deep.");
        }

        var node = default(JsonNode);
        Each(message, (field, body) => node = field switch
        {
            1 => body.Text(),
            2 => body.Number() != 0,
            3 => body.Number(),
            // JSON has no NaN and no infinity.
            4 => BitConverter.Int64BitsToDouble(body.Fixed()) is var number && double.IsFinite(number) ? number : $"{number}",
            5 or 6 => Container(field, body.Message(), budget, depth + 1),
            7 => FieldBody.Cut(Convert.ToBase64String(body.Message().Span)),
            _ => node,
        });
        return node;
    }

    // Of all lists and maps in one value together: two bytes that say "an empty item" become a hundred here.
    sealed class Budget
    {
        int _left = OtlpLimits.ItemsMax;

        public bool Spend() => _left-- > 0;
    }
}
