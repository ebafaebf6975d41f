using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting;

/// <summary>
/// The proxy of HTTPS_PROXY and similar variables, for calls to other hosts: a payment provider, a collector, an issuer of tokens. .NET
/// would also use it for this machine's own addresses. The log says that there is a proxy.
/// </summary>
sealed partial class OutgoingProxy(IWebProxy environments) : IWebProxy
{
    static readonly Uri _elsewhere = new("https://elsewhere.invalid");

    public ICredentials? Credentials
    {
        get => environments.Credentials;
        set => environments.Credentials = value;
    }

    /// <summary>For every HTTP client of this process that has no other.</summary>
    public static void Use()
    {
        if (HttpClient.DefaultProxy is not OutgoingProxy)
        {
            HttpClient.DefaultProxy = new OutgoingProxy(HttpClient.DefaultProxy);
        }
    }

    public static void Tell(WebApplication app)
    {
        if (HttpClient.DefaultProxy.GetProxy(_elsewhere) is { } proxy)
        {
            // The address is logged without the user and password that it may contain.
            Told(app.Logger, $"{proxy.Scheme}://{proxy.Authority}");
        }
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : environments.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || environments.IsBypassed(host);

    [LoggerMessage(LogLevel.Information, "Requests to other hosts go through the proxy {Proxy}")]
    static partial void Told(ILogger logger, string proxy);
}
