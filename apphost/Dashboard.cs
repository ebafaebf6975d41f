using Microsoft.Extensions.Configuration;

namespace Shop.AppHost;

/// <summary>Where Aspire's dashboard listens: as the launch profile says, shifted with the ports of the shop.</summary>
static class Dashboard
{
    static readonly string[] _addresses = ["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"];

    public static void Shift(IConfiguration configuration, int offset)
    {
        foreach (var key in _addresses)
        {
            if (Uri.TryCreate(configuration[key], UriKind.Absolute, out var address))
            {
                configuration[key] = new UriBuilder(address) { Port = address.Port + offset }.Uri.GetLeftPart(UriPartial.Authority);
            }
        }
    }
}
