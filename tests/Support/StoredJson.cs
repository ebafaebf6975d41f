using System.Text.Json.Nodes;

namespace Shop.Support;

/// <summary>Holds what reads a stored text to texts of earlier and later releases.</summary>
public static class StoredJson
{
    /// <summary>Nothing may be lost on reading, and what a newer release has added is passed over.</summary>
    /// <param name="stored">The text as it was once stored.</param>
    /// <param name="readAndWrite">Reads a text and stores it again.</param>
    /// <returns>What came out instead; null if all is well.</returns>
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
