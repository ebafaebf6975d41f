using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Shop.Gateway.Tests;

/// <summary>HTTPS to and from the gateway, by settings of the framework alone.</summary>
public sealed class TlsTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("shop-tls-").FullName;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("somebody-else", HttpStatusCode.ServiceUnavailable)]
    public async Task A_service_must_prove_the_name_it_is_asked_by_also_behind_an_address_that_was_looked_up(
        string name, HttpStatusCode expected)
    {
        using var authority = NewAuthority();
        using var certificate = Sign(authority, name);
        using var own = Sign(authority, "localhost");
        await using var service = await StartService(certificate);
        var (certificateFile, keyFile, authorityFile) = (Path("tls.crt"), Path("tls.key"), Path("ca.crt"));
        await File.WriteAllTextAsync(certificateFile, own.ExportCertificatePem(), Cancellation);
        await File.WriteAllTextAsync(keyFile, own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancellation);
        await File.WriteAllTextAsync(authorityFile, authority.ExportCertificatePem(), Cancellation);
        var port = GatewayProcess.FreePort();
        var address = $"https://localhost:{new Uri(service.Urls.Single()).Port}/";
        using var gateway = GatewayProcess.Start(new Dictionary<string, string?>
        {
            ["ASPNETCORE_URLS"] = $"https://127.0.0.1:{port}",
            ["Kestrel:Certificates:Default:Path"] = certificateFile,
            ["Kestrel:Certificates:Default:KeyPath"] = keyFile,
            ["SSL_CERT_FILE"] = authorityFile,
            ["Forwarding:ReplicaLookupInterval"] = "00:00:01",
            ["Authentication:Issuer"] = "shop",
            ["Authentication:Audience"] = "shop",
            ["Authentication:PublicKeyFile"] = Tokens.PublicKeyFile,
            ["ReverseProxy:Clusters:ordering:Destinations:1:Address"] = address,
            ["ReverseProxy:Clusters:inventory:Destinations:1:Address"] = address,
            ["ReverseProxy:Clusters:payment:Destinations:1:Address"] = address,
        });

        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                    shown!.Issuer == authority.Subject && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch),
            },
        })
        { BaseAddress = new($"https://localhost:{port}") };
        await Wait.Until(() => Answers(client, expected), $"{expected} from the products");
    }

    static async Task<bool> Answers(HttpClient client, HttpStatusCode expected)
    {
        try
        {
            using var answer = await client.GetAsync("/products", Cancellation);
            return answer.StatusCode == expected;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    static async Task<WebApplication> StartService(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate));
        builder.WebHost.UseUrls("https://127.0.0.1:0");
        var service = builder.Build();
        service.Run(http => http.Response.WriteAsync("[]"));
        await service.StartAsync(Cancellation);
        return service;
    }

    static X509Certificate2 NewAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    static X509Certificate2 Sign(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    string Path(string name) => System.IO.Path.Combine(_folder, name);
}
