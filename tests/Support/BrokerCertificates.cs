using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Support;

/// <summary>
/// Lets a test's broker speak TLS as well, with a certificate for the name localhost by an authority of the test's own.
/// </summary>
sealed class BrokerCertificates(StateDirectory state, int port)
{
    static readonly TimeSpan _lifetime = TimeSpan.FromDays(1);

    public int Port => port;

    public string AuthorityFile => Path.Combine(Folder, "authority.pem");

    /// <summary>An authority that has signed nothing here.</summary>
    public string OtherAuthorityFile => Path.Combine(Folder, "other-authority.pem");

    string Folder => state.Combine(RabbitMqServer.Name);

    /// <summary>Must be called before the broker starts, which reads its settings then.</summary>
    public void Write()
    {
        Directory.CreateDirectory(Folder);
        using var authority = NewAuthority();
        using var other = NewAuthority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Sign(authority, key);
        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());
        File.WriteAllText(OtherAuthorityFile, other.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Folder, "broker.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(Folder, "broker.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(
            Path.Combine(Folder, "advanced.config"),
            $$"""
            [{rabbit, [
              {ssl_listeners, [{"127.0.0.1", {{port}}}]},
              {ssl_options, [
                {cacertfile, "{{AuthorityFile}}"},
                {certfile, "{{Path.Combine(Folder, "broker.pem")}}"},
                {keyfile, "{{Path.Combine(Folder, "broker.key")}}"},
                {verify, verify_none}]}]}].
            """);
    }

    static X509Certificate2 NewAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now - _lifetime, now + _lifetime);
    }

    static X509Certificate2 Sign(X509Certificate2 authority, ECDsa key)
    {
        var request = new CertificateRequest("CN=broker", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], critical: false));
        return request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
    }
}
