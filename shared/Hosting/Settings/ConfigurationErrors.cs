using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Shop.Hosting;

/// <summary>Finds the lines an operator needs in what is thrown when settings are wrong.</summary>
static partial class ConfigurationErrors
{
    /// <returns>One line for each setting; null if the settings are not to blame.</returns>
    public static IReadOnlyList<string>? Explain(Exception error) => error switch
    {
        SettingException wrong => [wrong.Message],
        OptionsValidationException invalid => [.. invalid.Failures.Select(failure => KeyAndReason(invalid, failure))],
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } binding => [KeyAndType(binding.Message)],
        InvalidOperationException { Source: "Yarp.ReverseProxy", InnerException: AggregateException invalid } =>
            [.. invalid.InnerExceptions.Select(inner => $"ReverseProxy: {inner.Message}")],
        IOException { InnerException: AddressInUseException }
            or SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AccessDenied } =>
            [$"ASPNETCORE_URLS: {error.Message}"],
        AggregateException several when several.InnerExceptions.All(inner => Explain(inner) is not null) =>
            [.. several.InnerExceptions.SelectMany(inner => Explain(inner)!)],
        _ => null,
    };

    // "DataAnnotation validation failed for 'XOptions' members: 'Key' with the error: 'reason'."
    static string KeyAndReason(OptionsValidationException invalid, string failure)
    {
        var section = invalid.OptionsType.GetField("Section")?.GetRawConstantValue() as string ?? invalid.OptionsType.Name;
        return MemberAndReason().Match(failure) is { Success: true } match
            ? $"{section}:{match.Groups["member"].Value}: {match.Groups["reason"].Value}"
            : $"{section}: {failure}";
    }

    // The value is left out: it may be a secret that ended up under the wrong key.
    static string KeyAndType(string message) =>
        UnreadableValue().Match(message) is { Success: true } match
            ? $"{match.Groups["key"].Value}: must be {Readable(match.Groups["type"].Value)}"
            : message;

    static string Readable(string type) => type switch
    {
        "System.TimeSpan" => "a time span such as 00:00:30",
        "System.Boolean" => "true or false",
        "System.Double" or "System.Decimal" => "a number",
        "System.Uri" => "an address",
        _ when type.Contains("Int") => "a whole number",
        _ => $"a {type}",
    };

    [GeneratedRegex("members: '(?<member>[^']*)' with the error: '(?<reason>.*)'\\.$", RegexOptions.Singleline)]
    private static partial Regex MemberAndReason();

    [GeneratedRegex("' at '(?<key>[^']*)' to type '(?<type>[^']*)'")]
    private static partial Regex UnreadableValue();
}
