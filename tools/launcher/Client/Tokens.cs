using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Shop.Launcher.Client;

/// <summary>Bearer tokens of the local system, in place of an OpenID Connect issuer.</summary>
public sealed class Tokens(Secrets secrets, TimeProvider clock)
{
    public const string Issuer = "shop";
    public const string Audience = "shop";
    public const string Customer = "customer";
    public const string Staff = "staff";

    public string Issue(string name, string role, TimeSpan lifetime)
    {
        using var key = secrets.SigningKey();
        var now = clock.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            Subject = new ClaimsIdentity([new("sub", name), new("role", role)]),
            IssuedAt = now,
            NotBefore = now,
            Expires = now + lifetime,
            // Signature providers are not cached, because the cache would outlive the key that is disposed here.
            SigningCredentials = new(new RsaSecurityKey(key), SecurityAlgorithms.RsaSha256)
            {
                CryptoProviderFactory = new() { CacheSignatureProviders = false },
            },
        });
    }
}
