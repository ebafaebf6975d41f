using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Shop.Messaging;

/// <summary>
/// Tells the same request from another one, also across releases: the hash of its fields as JSON in the order of their declaration. A field
/// with a default value counts only where it says something else, so that a new one changes no request that was sent before; and a
/// number counts by its value, so that 1, 1.0 and 1e0 are the same.
/// </summary>
public static class RequestFingerprint
{
    static readonly JsonSerializerOptions _canonical = Options(new PlainNumber());

    // The fingerprint of the previous release, which kept the zeros of 1.0.
    static readonly JsonSerializerOptions _asWritten = Options();

    public static string Of<T>(T request) => Hash(request, _canonical);

    /// <summary>True if a fingerprint is that of this request, whether this release or the one before it made it.</summary>
    public static bool Matches<T>(string fingerprint, T request) =>
        fingerprint == Hash(request, _canonical) || fingerprint == Hash(request, _asWritten);

    static string Hash<T>(T request, JsonSerializerOptions options) =>
        Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, options)));

    static JsonSerializerOptions Options(params JsonConverter[] converters)
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutDefaults } },
        };
        foreach (var converter in converters)
        {
            options.Converters.Add(converter);
        }

        return options;
    }

    static void LeaveOutDefaults(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { HasDefaultValue: true, DefaultValue: var usual })
            {
                property.ShouldSerialize = (_, value) => !Equals(value, usual);
            }
        }
    }

    sealed class PlainNumber : JsonConverter<decimal>
    {
        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

        // G29 has all digits of a decimal, and no zeros behind the last of them.
        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.ToString("G29", CultureInfo.InvariantCulture));
    }
}
