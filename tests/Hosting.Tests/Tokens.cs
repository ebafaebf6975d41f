using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Shop.Hosting.Tests;

/// <summary>Tokens that the gateway must accept, and forgeries that it must refuse.</summary>
static class Tokens
{
    static readonly RSA _key = RSA.Create(2048);
    static readonly RSA _otherKey = RSA.Create(2048);

    public static string PublicKeyPem { get; } = _key.ExportSubjectPublicKeyInfoPem();

    public static string PublicKeyFile { get; } = WriteKey();

    public static string Customer(string name = "alice") => Issue(name, "customer");

    public static string Staff(string name = "sam") => Issue(name, "staff");

    public static string Issue(
        string name, string role, string issuer = "shop", string audience = "shop", TimeSpan? validFrom = null,
        bool withOtherKey = false)
    {
        var from = DateTime.UtcNow + (validFrom ?? TimeSpan.FromSeconds(-5));
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Subject = new ClaimsIdentity([new("sub", name), new("role", role)]),
            IssuedAt = from,
            NotBefore = from,
            Expires = from + TimeSpan.FromMinutes(10),
            SigningCredentials = new(
                new RsaSecurityKey(withOtherKey ? _otherKey : _key) { KeyId = "key" }, SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>Claims staff rights without a signature.</summary>
    public static string Unsigned() => $"{Head("none")}.{Claims()}.";

    /// <summary>A customer's own token, made out to somebody else.</summary>
    public static string ChangedAfterSigning()
    {
        var parts = Customer("mallory").Split('.');
        var claims = Base64UrlEncoder.Decode(parts[1]).Replace("mallory", "alice00", StringComparison.Ordinal);
        return $"{parts[0]}.{Base64UrlEncoder.Encode(claims)}.{parts[2]}";
    }

    /// <summary>Signed with the public key as if it were a shared secret.</summary>
    public static string SignedWithPublicKey()
    {
        var text = $"{Head("HS256")}.{Claims()}";
        var signature = HMACSHA256.HashData(Encoding.ASCII.GetBytes(PublicKeyPem), Encoding.ASCII.GetBytes(text));
        return $"{text}.{Base64UrlEncoder.Encode(signature)}";
    }

    /// <summary>The key as an OpenID Connect issuer publishes it.</summary>
    public static object KeySet()
    {
        var key = _key.ExportParameters(false);
        return new
        {
            keys = new[]
            {
                new { kty = "RSA", use = "sig", kid = "key", n = Base64UrlEncoder.Encode(
                    key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) },
            },
        };
    }

    static string Head(string algorithm) => Encode(new { alg = algorithm, typ = "JWT" });

    static string Claims() => Encode(new
    {
        sub = "mallory",
        role = "staff",
        iss = "shop",
        aud = "shop",
        exp = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds(),
    });

    static string Encode(object part) => Base64UrlEncoder.Encode(JsonSerializer.Serialize(part));

    static string WriteKey()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("shop-gateway-tests-").FullName, "key.pem");
        File.WriteAllText(file, PublicKeyPem);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        return file;
    }
}
