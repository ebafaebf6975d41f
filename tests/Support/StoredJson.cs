using System.Text.Json.Nodes;

namespace Shop.Support;

/// <summary>Checks that code reads stored texts of earlier and later releases.</summary>
public static class StoredJson
{
    /// <summary>Reading must keep every field, and ignore fields of a newer release.</summary>
    /// <param name="stored">The text as it was once stored.</param>
    /// <param name="readAndWrite">Reads a text and stores it again.</param>
    /// <returns>The wrong result; null if it is right.</returns>
    public static string? Loss(string stored, Func<string, string> readAndWrite)
    {
        var expected = JsonNode.Parse(stored)!;
        var newer = expected.DeepClone();
        foreach (var value in newer is JsonArray list ? list.OfType<JsonObject>() : [newer.AsObject()])
        {
            value["ofNextRelease"] = new JsonObject { ["sku"] = "CAP-01" };
        }

        return new[] { stored, newer.ToJsonString() }.Select(readAndWrite)
            .FirstOrDefault(read => !JsonNode.DeepEquals(expected, JsonNode.Parse(read)));
    }
}
