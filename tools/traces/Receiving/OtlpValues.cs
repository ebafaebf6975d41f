using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attribute = Shop.Traces.Store.Attribute;

namespace Shop.Traces.Receiving;

/// <summary>Reads KeyValue and AnyValue. Lists and maps are kept as JSON.</summary>
static class OtlpValues
{
    static readonly JsonSerializerOptions _readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void AddAttribute(MessageReader fields, List<Attribute> attributes)
    {
        var (key, value) = ("", (object)"");
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    key = fields.SharedText();
                    break;
                case 2:
                    value = ReadValue(fields.Message());
                    break;
            }
        }

        if (attributes.Count < OtlpLimits.AttributesMax)
        {
            attributes.Add(new(key, value));
        }
    }

    static object ReadValue(MessageReader fields)
    {
        object value = "";
        while (fields.Next())
        {
            value = fields.Field switch
            {
                1 => fields.SharedText(),
                2 => fields.Number() != 0,
                3 => fields.Number(),
                4 => BitConverter.Int64BitsToDouble(fields.Fixed()),
                5 or 6 => MessageReader.Cut(Container(fields.Field, fields.Message(), new(), depth: 1).ToJsonString(_readable)),
                7 => MessageReader.Cut(Convert.ToBase64String(fields.Bytes())),
                _ => value,
            };
        }

        return value;
    }

    static JsonNode Container(int field, MessageReader message, Budget budget, int depth) =>
        field == 5 ? ReadList(message, budget, depth) : ReadMap(message, budget, depth);

    static JsonArray ReadList(MessageReader fields, Budget budget, int depth)
    {
        var list = new JsonArray();
        while (fields.Next())
        {
            if (fields.Field == 1 && budget.Spend())
            {
                list.Add(ReadNode(fields.Message(), budget, depth));
            }
        }

        return list;
    }

    static JsonObject ReadMap(MessageReader fields, Budget budget, int depth)
    {
        var map = new JsonObject();
        while (fields.Next())
        {
            if (fields.Field == 1 && budget.Spend())
            {
                var (key, value) = ReadPair(fields.Message(), budget, depth);
                map[key] = value;
            }
        }

        return map;
    }

    static (string Key, JsonNode? Value) ReadPair(MessageReader fields, Budget budget, int depth)
    {
        var (key, value) = ("", default(JsonNode));
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    key = fields.Text();
                    break;
                case 2:
                    value = ReadNode(fields.Message(), budget, depth);
                    break;
            }
        }

        return (key, value);
    }

    static JsonNode? ReadNode(MessageReader fields, Budget budget, int depth)
    {
        if (depth > OtlpLimits.DepthMax)
        {
            throw new InvalidOtlpException($"A value is nested more than {OtlpLimits.DepthMax} deep.");
        }

        var node = default(JsonNode);
        while (fields.Next())
        {
            node = fields.Field switch
            {
                1 => fields.Text(),
                2 => fields.Number() != 0,
                3 => fields.Number(),
                // JSON has no NaN and no infinity.
                4 => BitConverter.Int64BitsToDouble(fields.Fixed()) is var number && double.IsFinite(number) ? number : $"{number}",
                5 or 6 => Container(fields.Field, fields.Message(), budget, depth + 1),
                7 => MessageReader.Cut(Convert.ToBase64String(fields.Bytes())),
                _ => node,
            };
        }

        return node;
    }

    // The limit counts the items of all lists and maps in one value, because an empty item is two bytes in the request and a hundred here.
    sealed class Budget
    {
        int _left = OtlpLimits.ItemsMax;

        public bool Spend() => _left-- > 0;
    }
}
