using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Support;

/// <summary>Tokens that look like the shop's own and are none.</summary>
public static class ForgedTokens
{
    const string Expired = "expired";
    const string OfSomebodyElse = "signed by somebody else";
    const string ForAnother = "for another audience";
    const string FromAnother = "from another issuer";
    const string NotSigned = "not signed";
    const string SignedWithPublicKey = "signed with the public key as a password";
    const string Changed = "changed after signing";
    const string Nonsense = "nonsense";

    public static TheoryData<string> Kinds =>
        [Expired, OfSomebodyElse, ForAnother, FromAnother, NotSigned, SignedWithPublicKey, Changed, Nonsense];

    /// <summary>Gives a token to another customer, with the signature it had.</summary>
    public static string Change(string token)
    {
        var parts = token.Split('.');
        var payload = Base64UrlEncoder.Decode(parts[1]).Replace("mallory", "alice00", StringComparison.Ordinal);
        return $"{parts[0]}.{Base64UrlEncoder.Encode(payload)}.{parts[2]}";
    }

    internal static string Make(string kind, Secrets secrets)
    {
        var ours = new SigningCredentials(new RsaSecurityKey(secrets.SigningKey()), SecurityAlgorithms.RsaSha256);
        return kind switch
        {
            Expired => Make(ours, expires: DateTime.UtcNow.AddMinutes(-5)),
            OfSomebodyElse => Make(new(new RsaSecurityKey(RSA.Create(2048)), SecurityAlgorithms.RsaSha256)),
            ForAnother => Make(ours, audience: "elsewhere"),
            FromAnother => Make(ours, issuer: "elsewhere"),
            NotSigned => Make(null),
            SignedWithPublicKey => Make(
                new(new SymmetricSecurityKey(File.ReadAllBytes(secrets.PublicKeyFile)), SecurityAlgorithms.HmacSha256)),
            Changed => Change(Make(ours)),
            _ => Nonsense,
        };
    }

    static string Make(
        SigningCredentials? signing, string audience = Tokens.Audience, string issuer = Tokens.Issuer, DateTime? expires = null) =>
        new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Subject = new([new("sub", "mallory"), new("role", Tokens.Customer)]),
            NotBefore = DateTime.UtcNow.AddHours(-1),
            Expires = expires ?? DateTime.UtcNow.AddHours(1),
            SigningCredentials = signing,
        });
}
