using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Shop.Hosting;

/// <summary>Whose tokens are believed.</summary>
public sealed class AuthenticationOptions : IValidatableObject
{
    public const string Section = "Authentication";

    [Required]
    public string Issuer { get; init; } = "";

    [Required]
    public string Audience { get; init; } = "";

    /// <summary>Where an OpenID Connect issuer publishes its keys.</summary>
    [Url]
    public string? Authority { get; init; }

    /// <summary>A PEM file with the RSA key that verifies tokens, for a system without an issuer of its own.</summary>
    public string? PublicKeyFile { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority is null == PublicKeyFile is null)
        {
            yield return new("either Authority or PublicKeyFile must be set, not both", [nameof(PublicKeyFile)]);
        }

        if (PublicKeyFile is not null && !File.Exists(PublicKeyFile))
        {
            yield return new("the file does not exist", [nameof(PublicKeyFile)]);
        }
    }
}

/// <summary>Every service and the gateway verify the token themselves: a place in the network is no credential.</summary>
static class AuthenticationRegistration
{
    static readonly TimeSpan _clockSkew = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<IOptions<AuthenticationOptions>>((bearer, options) => Configure(bearer, options.Value));
        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Customer, policy => policy.RequireRole(Policies.Customer, Policies.Staff).RequireClaim("sub"))
            .AddPolicy(Policies.Staff, policy => policy.RequireRole(Policies.Staff).RequireClaim("sub"))
            // Forgetting to protect a route protects it.
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        return services;
    }

    static void Configure(JwtBearerOptions bearer, AuthenticationOptions options)
    {
        bearer.MapInboundClaims = false;
        bearer.Authority = options.Authority;
        bearer.TokenValidationParameters = new()
        {
            ValidIssuer = options.Issuer,
            ValidAudience = options.Audience,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            RoleClaimType = "role",
            NameClaimType = "sub",
            ClockSkew = _clockSkew,
            IssuerSigningKey = options.PublicKeyFile is { } file ? ReadKey(file) : null,
        };
        bearer.Events = new() { OnChallenge = Challenge, OnForbidden = Forbid };
    }

    static RsaSecurityKey ReadKey(string file)
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(File.ReadAllText(file));
        return new(rsa);
    }

    static Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = context.AuthenticateFailure is null ? "Bearer" : "Bearer error=\"invalid_token\"";
        return Write(context.HttpContext, "A valid token is needed", context.AuthenticateFailure switch
        {
            null => "Send a token: Authorization: Bearer TOKEN.",
            SecurityTokenExpiredException => "The token has expired. Get a new one.",
            SecurityTokenNotYetValidException => "The token is not valid yet.",
            SecurityTokenInvalidAudienceException => "The token was issued for another audience.",
            SecurityTokenInvalidIssuerException => "The token comes from an issuer that is not trusted here.",
            _ => "The token is malformed, or its signature is wrong.",
        });
    }

    static Task Forbid(ForbiddenContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Write(context.HttpContext, "Not allowed", "Your role does not allow this.");
    }

    static Task Write(HttpContext http, string title, string detail) =>
        http.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new()
        {
            HttpContext = http,
            ProblemDetails = { Status = http.Response.StatusCode, Title = title, Detail = detail },
        }).AsTask();
}
