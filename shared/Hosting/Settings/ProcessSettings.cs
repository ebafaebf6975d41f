using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting;

/// <summary>Checks the settings that the framework reads by itself, and about which it complains with a stack trace.</summary>
static class ProcessSettings
{
    const string UrlsKey = "urls";
    const string InstanceKey = "SHOP_INSTANCE";

    /// <summary>Which of a service's replicas this is, in logs, traces and metrics.</summary>
    public static string InstanceOf(IConfiguration configuration) => configuration[InstanceKey] ?? Environment.MachineName;

    public static void Check(IConfiguration configuration)
    {
        foreach (var url in configuration[UrlsKey]?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            Check("ASPNETCORE_URLS", IsBindable(url), "must be addresses such as http://127.0.0.1:8080");
        }

        foreach (var key in new[] { Telemetry.EndpointKey, Telemetry.SecondViewerKey })
        {
            Check(key, configuration[key] is null or "" || IsHttp(configuration[key]!), "must be an address such as http://127.0.0.1:4317");
        }

        foreach (var (key, isFine, requirement) in Telemetry.Settings(configuration))
        {
            Check(key, isFine, requirement);
        }

        foreach (var level in configuration.GetSection("Logging:LogLevel").GetChildren())
        {
            Check(
                level.Path,
                Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _),
                $"must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
        }
    }

    static void Check(string key, bool isFine, string requirement)
    {
        if (!isFine)
        {
            throw new SettingException($"{key}: {requirement}");
        }
    }

    static bool IsBindable(string url)
    {
        try
        {
            return BindingAddress.Parse(url.Trim()).Port is >= 0 and <= ushort.MaxValue;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    static bool IsHttp(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
}

/// <summary>Its message is a line such as <c>KEY: what it must be</c>.</summary>
sealed class SettingException(string message) : Exception(message);
