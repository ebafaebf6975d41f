using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace Shop.Hosting;

/// <summary>The issuer whose tokens are trusted.</summary>
public sealed class AuthenticationOptions : IValidatableObject
{
    public const string Section = "Authentication";

    [Required]
    public string Issuer { get; init; } = "";

    [Required]
    public string Audience { get; init; } = "";

    /// <summary>Where an OpenID Connect issuer publishes its keys.</summary>
    public Uri? Authority { get; init; }

    /// <summary>A PEM file with the RSA key that verifies tokens, for a system without an issuer of its own.</summary>
    public string? PublicKeyFile { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority is null == PublicKeyFile is null)
        {
            yield return new("either Authority or PublicKeyFile must be set, not both", [nameof(PublicKeyFile)]);
        }

        // Keys need HTTPS, because anyone who changes them on their way can sign tokens.
        if (Authority is { IsAbsoluteUri: false } or { Scheme: not "https", IsLoopback: false })
        {
            yield return new("must be an https address", [nameof(Authority)]);
        }

        if (PublicKeyFile is { } file && ProblemOf(file) is { } problem)
        {
            yield return new(problem, [nameof(PublicKeyFile)]);
        }
    }

    internal static RsaSecurityKey ReadKey(string file)
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(file));
        return new(rsa);
    }

    static string? ProblemOf(string file)
    {
        try
        {
            ReadKey(file).Rsa.Dispose();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException && !File.Exists(file))
        {
            return "the file does not exist";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "the file cannot be read";
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException)
        {
            return "the file holds no RSA key in PEM form";
        }
    }
}
