using System.Text.Json;
using System.Text.Json.Serialization;

namespace Shop.Launcher.Servers;

/// <summary>
/// The broker's limits for queues of a name. Of several policies that match a queue and suit its type, that of the highest priority
/// counts.
/// </summary>
/// <param name="Pattern">A regular expression over names.</param>
/// <param name="Definition">Limits by the broker's names for them.</param>
public sealed record BrokerPolicy(
    string Name,
    string Pattern,
    [property: JsonPropertyName("apply-to")] string ApplyTo,
    int Priority,
    IReadOnlyDictionary<string, JsonElement> Definition);
