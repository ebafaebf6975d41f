using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Shop.Launcher.Client;

namespace Shop.Launcher.Tests;

public sealed class TokensTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("shop-tokens-").FullName;

    [Fact]
    public async Task A_token_says_who_and_what_and_its_signature_fits_the_public_key()
    {
        var secrets = new Secrets(_folder);
        var token = new Tokens(secrets, TimeProvider.System).Issue("alice", Tokens.Staff, TimeSpan.FromHours(12));

        var result = await Validate(token, secrets);

        Assert.True(result.IsValid, result.Exception?.Message);
        var read = new JsonWebToken(token);
        Assert.Equal("RS256", read.Alg);
        Assert.Equal("alice", read.Subject);
        Assert.Equal("staff", read.GetClaim("role").Value);
        Assert.Equal(TimeSpan.FromHours(12), read.ValidTo - read.ValidFrom);
        Assert.Equal(read.ValidFrom, read.IssuedAt);
    }

    [Fact]
    public async Task A_token_of_another_system_s_key_is_not_valid_here()
    {
        var elsewhere = new Secrets(Path.Combine(_folder, "elsewhere"));
        var token = new Tokens(elsewhere, TimeProvider.System).Issue("alice", Tokens.Customer, TimeSpan.FromHours(1));

        var result = await Validate(token, new Secrets(_folder));

        Assert.IsAssignableFrom<SecurityTokenInvalidSignatureException>(result.Exception);
    }

    [Fact]
    public void Many_tokens_can_be_issued_one_after_the_other()
    {
        var tokens = new Tokens(new Secrets(_folder), TimeProvider.System);

        Assert.Equal(20, Enumerable.Range(0, 20)
            .Select(number => tokens.Issue($"customer-{number}", Tokens.Customer, TimeSpan.FromHours(1))).Distinct().Count());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static async Task<TokenValidationResult> Validate(string token, Secrets secrets)
    {
        using var key = RSA.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(secrets.PublicKeyFile));
        return await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = "shop",
            ValidAudience = "shop",
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            IssuerSigningKey = new RsaSecurityKey(key),
            CryptoProviderFactory = new() { CacheSignatureProviders = false },
        });
    }
}
