using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Shop.Hosting;

/// <summary>Every service and the gateway verify the token themselves, because a place in the network is no credential.</summary>
static class AuthenticationRegistration
{
    // The limit of OpenID Connect Core (section 2).
    const int SubjectLengthMax = 255;
    static readonly TimeSpan _clockSkew = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddTokenAuthentication(this IServiceCollection services)
    {
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<IOptions<AuthenticationOptions>>((bearer, options) => Configure(bearer, options.Value));
        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Customer, policy => policy.RequireRole(Policies.Customer, Policies.Staff).RequireClaim("sub"))
            .AddPolicy(Policies.Staff, policy => policy.RequireRole(Policies.Staff).RequireClaim("sub"))
            // A route without a policy needs a token too.
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.Configure<UnavailableExceptions>(exceptions => exceptions.Add<IssuerUnreachableException>());
        return services;
    }

    static void Configure(JwtBearerOptions bearer, AuthenticationOptions options)
    {
        bearer.MapInboundClaims = false;
        bearer.Authority = options.Authority?.ToString();
        bearer.RequireHttpsMetadata = options.Authority is { IsLoopback: false };
        bearer.TokenValidationParameters = new()
        {
            ValidIssuer = options.Issuer,
            ValidAudience = options.Audience,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            RoleClaimType = "role",
            NameClaimType = "sub",
            ClockSkew = _clockSkew,
            IssuerSigningKey = options.PublicKeyFile is { } file ? AuthenticationOptions.ReadKey(file) : null,
        };
        bearer.Events = new()
        {
            OnTokenValidated = CheckSubject, OnAuthenticationFailed = Examine, OnChallenge = Challenge, OnForbidden = Forbid,
        };
    }

    // The name becomes the owner of rows, so it has to be text that a database and an index take. Policies refuse a token without a name.
    static Task CheckSubject(TokenValidatedContext context)
    {
        if (context.Principal?.FindFirst("sub")?.Value is { } subject
            && (subject.Length is 0 or > SubjectLengthMax || string.IsNullOrWhiteSpace(subject) || subject.Any(char.IsControl)))
        {
            context.Fail(new UnusableSubjectException());
        }

        return Task.CompletedTask;
    }

    // "No such key" may mean that no keys have been loaded yet.
    static async Task Examine(AuthenticationFailedContext context)
    {
        if (context.Exception is not SecurityTokenSignatureKeyNotFoundException || context.Options.ConfigurationManager is not { } issuer)
        {
            return;
        }

        try
        {
            await issuer.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (InvalidOperationException error)
        {
            throw new IssuerUnreachableException(error);
        }
    }

    static Task Challenge(JwtBearerChallengeContext context)
    {
        context.HandleResponse();
        context.Response.Headers.WWWAuthenticate = context.AuthenticateFailure is null ? "Bearer" : "Bearer error=\"invalid_token\"";
        return context.HttpContext.AnswerProblem(
            StatusCodes.Status401Unauthorized, "A valid token is needed", Reason(context.AuthenticateFailure));
    }

    static string Reason(Exception? failure) => failure switch
    {
        null => "Send a token: Authorization: Bearer TOKEN.",
        SecurityTokenExpiredException => "The token has expired. Get a new one.",
        SecurityTokenNotYetValidException => "The token is not valid yet.",
        SecurityTokenInvalidAudienceException => "The token was issued for another audience.",
        SecurityTokenInvalidIssuerException => "The token comes from an issuer that is not trusted here.",
        UnusableSubjectException =>
            $"The token's subject (sub) must have 1 to {SubjectLengthMax} characters, no control characters, and not only blanks.",
        _ => "The token is malformed, or its signature is wrong.",
    };

    static Task Forbid(ForbiddenContext context) => context.HttpContext.AnswerProblem(
        StatusCodes.Status403Forbidden, "Not allowed", "Your role does not allow this.");
}

/// <summary>The issuer is trusted and the signature is right, but the name is not valid.</summary>
sealed class UnusableSubjectException() : Exception("The token's subject cannot be used.");

/// <summary>The failure is not the caller's fault: the token may be good.</summary>
sealed class IssuerUnreachableException(Exception cause)
    : Exception("The issuer's keys, which verify the token, cannot be fetched.", cause);
