using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Shop.Hosting;
using IPNetwork = System.Net.IPNetwork;

namespace Shop.Gateway;

/// <summary>
/// Load balancers and ingresses in front of the gateway, which the gateway trusts about a client's address and scheme (X-Forwarded-For,
/// X-Forwarded-Proto). By default it trusts none, because a trusted forwarder can claim any address.
/// </summary>
public sealed class TrustedForwarderOptions : IValidatableObject
{
    public const string Section = "TrustedForwarders";

    /// <summary>Their networks, such as <c>10.0.0.0/8</c>, or single addresses.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (index, text) in Networks.Index())
        {
            if (Parse(text) is not { } network)
            {
                yield return new("must be a network such as 10.0.0.0/8, or an address", [$"{nameof(Networks)}:{index}"]);
            }
            else if (network.PrefixLength == 0)
            {
                yield return new("must not be everybody: any client could give itself any address", [$"{nameof(Networks)}:{index}"]);
            }
        }
    }

    internal static IPNetwork? Parse(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}

static class TrustedForwarders
{
    public static void AddTrustedForwarders(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<TrustedForwarderOptions>(TrustedForwarderOptions.Section);
        builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<TrustedForwarderOptions>>((headers, options) =>
        {
            headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // Any number of forwarders counts, as long as each is trusted.
            headers.ForwardLimit = null;
            headers.KnownProxies.Clear();
            headers.KnownIPNetworks.Clear();
            foreach (var network in options.Value.Networks)
            {
                headers.KnownIPNetworks.Add(TrustedForwarderOptions.Parse(network)!.Value);
            }
        });
    }

    public static void UseTrustedForwarders(this WebApplication app)
    {
        // Without a known network, the middleware would trust every address.
        if (app.Services.GetRequiredService<IOptions<TrustedForwarderOptions>>().Value.Networks is not [])
        {
            app.UseForwardedHeaders();
        }
    }
}
