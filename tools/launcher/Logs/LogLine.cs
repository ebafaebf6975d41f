using System.Text.Json;

namespace Shop.Launcher.Logs;

/// <summary>A line of a log: an entry of one of our processes, or whatever else a program writes.</summary>
/// <param name="Process">Whose log it is in.</param>
/// <param name="Text">As it is in the file.</param>
/// <param name="Time">Null for what is no entry of ours.</param>
public sealed record LogLine(
    string Process, string Text, DateTimeOffset? Time, string? Level, string Message, string? OrderId, string? TraceId, string? Exception)
{
    public static LogLine Parse(string process, string text)
    {
        if (text.StartsWith('{'))
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                if (TextOf(json, "message") is { } message
                    && json.RootElement.TryGetProperty("time", out var at)
                    && at.TryGetDateTimeOffset(out var time))
                {
                    return new(
                        process,
                        text,
                        time,
                        TextOf(json, "level"),
                        message,
                        TextOf(json, "orderId"),
                        TextOf(json, "traceId"),
                        TextOf(json, "exception"));
                }
            }
            catch (JsonException)
            {
                // Cut off, such as by a kill.
            }
        }

        return new(process, text, null, null, text, null, null, null);
    }

    /// <summary>One object, whatever the line was.</summary>
    public string Json => Time is not null ? Text : JsonSerializer.Serialize(new { instance = Process, message = Text });

    static string? TextOf(JsonDocument json, string name) =>
        json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
