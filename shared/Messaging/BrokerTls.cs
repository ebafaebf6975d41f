using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MassTransit;
using RabbitMQ.Client;

namespace Shop.Messaging;

/// <summary>TLS with the broker, the same for MassTransit's connections and our own.</summary>
static class BrokerTls
{
    public static SslOption Settings(RabbitMqOptions options) => new()
    {
        Enabled = options.Tls,
        ServerName = options.Host,
        // The operating system's choice of versions.
        Version = SslProtocols.None,
        CertificateValidationCallback = Check(options),
    };

    public static void Configure(IRabbitMqHostConfigurator host, RabbitMqOptions options)
    {
        if (options.Tls)
        {
            host.UseSsl(tls =>
            {
                tls.ServerName = options.Host;
                tls.Protocol = SslProtocols.None;
                tls.CertificateValidationCallback = Check(options);
            });
        }
    }

    public static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities;
    }

    // Without authorities of its own, the machine's verdict counts.
    static RemoteCertificateValidationCallback Check(RabbitMqOptions options) => options.CaFile is { } file
        ? (_, certificate, chain, errors) => IsSignedBy(file, certificate, chain, errors)
        : (_, _, _, errors) => errors == SslPolicyErrors.None;

    // The file is read each time, because authorities change while processes run. A broker without a certificate, or with one for another
    // name, is refused.
    static bool IsSignedBy(string file, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(ReadAuthorities(file));
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.ApplicationPolicy.Add(new("1.3.6.1.5.5.7.3.1"));
        foreach (var sent in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            own.ChainPolicy.ExtraStore.Add(sent.Certificate);
        }

        using var shown = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(shown);
    }
}
