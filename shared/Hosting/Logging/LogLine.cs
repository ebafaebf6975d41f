using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting;

/// <summary>
/// An entry as JSON: when, how bad, who, what, the message's named values as fields of their own, the span it was written in, and the order
/// it is about. <see cref="Shop.Hosting.OrderOfTrace"/> knows the order where the message does not name one.
/// </summary>
sealed class LogLine(TimeProvider clock, string service, string instance)
{
    const string Template = "{OriginalFormat}";
    const string OrderId = "OrderId";

    static readonly JsonEncodedText _time = JsonEncodedText.Encode("time");
    static readonly JsonEncodedText _level = JsonEncodedText.Encode("level");
    static readonly JsonEncodedText _service = JsonEncodedText.Encode("service");
    static readonly JsonEncodedText _instance = JsonEncodedText.Encode("instance");
    static readonly JsonEncodedText _category = JsonEncodedText.Encode("category");
    static readonly JsonEncodedText _message = JsonEncodedText.Encode("message");
    static readonly JsonEncodedText _orderId = JsonEncodedText.Encode("orderId");
    static readonly JsonEncodedText _traceId = JsonEncodedText.Encode("traceId");
    static readonly JsonEncodedText _spanId = JsonEncodedText.Encode("spanId");
    static readonly JsonEncodedText _exception = JsonEncodedText.Encode("exception");
    static readonly JsonEncodedText[] _levels = [.. Enum.GetNames<LogLevel>().Select(name => JsonEncodedText.Encode(name))];

    static readonly HashSet<string> _taken =
        ["time", "level", "service", "instance", "category", "message", "traceId", "spanId", "exception"];

    // The JSON is readable: only quotes, backslashes and control characters are escaped.
    static readonly JavaScriptEncoder _encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    // The number of entries is bounded by the placeholders in the code.
    static readonly ConcurrentDictionary<string, JsonEncodedText> _names = new();

    [ThreadStatic]
    static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    static Utf8JsonWriter? t_json;

    readonly JsonEncodedText _serviceName = JsonEncodedText.Encode(service, _encoder);
    readonly JsonEncodedText _instanceName = JsonEncodedText.Encode(instance, _encoder);

    /// <returns>UTF-8, with the newline at the end. Valid until the same thread formats another.</returns>
    public ReadOnlySpan<byte> Format(
        LogLevel level, string category, string message, IReadOnlyList<KeyValuePair<string, object?>> values, Exception? error)
    {
        var buffer = t_buffer ??= new(1024);
        var json = t_json ??= new(buffer, new JsonWriterOptions { Encoder = _encoder, SkipValidation = true });
        buffer.ResetWrittenCount();
        json.Reset(buffer);

        json.WriteStartObject();
        Span<byte> now = stackalloc byte[33];
        clock.GetUtcNow().UtcDateTime.TryFormat(now, out var length, "O", CultureInfo.InvariantCulture);
        json.WriteString(_time, now[..length]);
        json.WriteString(_level, _levels[(int)level]);
        json.WriteString(_service, _serviceName);
        json.WriteString(_instance, _instanceName);
        json.WriteString(_category, category);
        json.WriteString(_message, message);
        var namesOrder = WriteValues(json, values);
        WriteTrace(json, namesOrder);
        if (error is not null)
        {
            json.WriteString(_exception, error.ToString());
        }

        json.WriteEndObject();
        json.Flush();
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    static bool WriteValues(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        var namesOrder = false;
        for (var index = 0; index < values.Count; index++)
        {
            var (name, value) = values[index];
            if (name != Template)
            {
                namesOrder |= name == OrderId;
                WriteValue(json, _names.GetOrAdd(name, Named), value);
            }
        }

        return namesOrder;
    }

    static void WriteTrace(Utf8JsonWriter json, bool namesOrder)
    {
        if (Activity.Current is not { } span)
        {
            return;
        }

        if (!namesOrder && OrderOfTrace.Of(span) is { } order)
        {
            json.WriteString(_orderId, order);
        }

        json.WriteString(_traceId, span.TraceId.ToHexString());
        json.WriteString(_spanId, span.SpanId.ToHexString());
    }

    static void WriteValue(Utf8JsonWriter json, JsonEncodedText name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case string text:
                json.WriteString(name, text);
                break;
            case Guid id:
                json.WriteString(name, id);
                break;
            case bool truth:
                json.WriteBoolean(name, truth);
                break;
            case int number:
                json.WriteNumber(name, number);
                break;
            case long number:
                json.WriteNumber(name, number);
                break;
            case decimal number:
                json.WriteNumber(name, number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    // A placeholder with the name of one of our fields must not replace the field.
    static JsonEncodedText Named(string placeholder)
    {
        var name = JsonNamingPolicy.CamelCase.ConvertName(placeholder);
        return JsonEncodedText.Encode(_taken.Contains(name) || (name == "orderId" && placeholder != OrderId) ? name + "_" : name, _encoder);
    }
}
