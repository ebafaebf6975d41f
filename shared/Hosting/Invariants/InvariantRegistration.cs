using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Shop.Hosting;

/// <summary>Lets a service watch its own promises.</summary>
public static class InvariantRegistration
{
    /// <param name="rules">Those of the service's own tables; the messaging tables' come on top.</param>
    public static IHostApplicationBuilder AddInvariants(
        this IHostApplicationBuilder builder,
        string service,
        Func<IServiceProvider, TimeSpan, IReadOnlyList<InvariantRule>> rules,
        params IReadOnlyList<DatabaseGauge> gauges)
    {
        builder.AddValidatedOptions<InvariantOptions>(InvariantOptions.Section);
        builder.Services.AddSingleton(services =>
        {
            var grace = services.GetRequiredService<IOptions<InvariantOptions>>().Value.Grace;
            IReadOnlyList<InvariantRule> all = [.. rules(services, grace), .. InvariantRule.OfMessaging(service, grace)];
            IReadOnlyList<DatabaseGauge> measured = [.. gauges, .. DatabaseGauge.OfMessaging(service)];
            return ActivatorUtilities.CreateInstance<InvariantMonitor>(services, service, all, measured);
        });
        builder.Services.AddHostedService(services => services.GetRequiredService<InvariantMonitor>());
        return builder;
    }

    /// <summary>GET /audit: what every rule finds now.</summary>
    public static void MapInvariants(this IEndpointRouteBuilder ops) =>
        ops.MapGet("/audit", async Task<Ok<InvariantReport>> (IServiceProvider services, CancellationToken cancellation) =>
        {
            var findings = await services.GetRequiredService<InvariantMonitor>().Check(cancellation);
            return TypedResults.Ok(new InvariantReport(findings.All(finding => finding.Violations is []), findings));
        })
            .WithSummary("Check what each service promises")
            .WithDescription("Every rule, with what violates it now. `./shop audit` checks the rules between the services as well.");
}

/// <summary>Whether a service keeps its promises.</summary>
public sealed record InvariantReport(bool Ok, IReadOnlyList<InvariantFinding> Invariants);
