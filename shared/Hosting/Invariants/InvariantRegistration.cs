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
    /// <param name="rules">
    /// The rules of the service's own tables. The rules of every other registered <see cref="InvariantSet"/> are checked too.
    /// </param>
    public static IHostApplicationBuilder AddInvariants(
        this IHostApplicationBuilder builder,
        string service,
        Func<IServiceProvider, TimeSpan, IReadOnlyList<InvariantRule>> rules,
        params IReadOnlyList<DatabaseGauge> gauges)
    {
        builder.AddValidatedOptions<InvariantOptions>(InvariantOptions.Section);
        builder.Services.AddSingleton(new InvariantSet(rules, _ => gauges));
        builder.Services.AddSingleton(services =>
        {
            var grace = services.GetRequiredService<IOptions<InvariantOptions>>().Value.Grace;
            var sets = services.GetServices<InvariantSet>().ToArray();
            IReadOnlyList<InvariantRule> all = [.. sets.SelectMany(set => set.Rules(services, grace))];
            IReadOnlyList<DatabaseGauge> measured = [.. sets.SelectMany(set => set.Gauges(services))];
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
            .WithSummary("Check the invariants")
            .WithDescription(
                "Every invariant of each service, with its violations. `./shop audit` also checks the invariants between the services.");
}

/// <summary>The promises of one part of a service, and its gauges.</summary>
/// <param name="Rules">Made with <see cref="InvariantOptions.Grace"/>.</param>
public sealed record InvariantSet(
    Func<IServiceProvider, TimeSpan, IReadOnlyList<InvariantRule>> Rules, Func<IServiceProvider, IReadOnlyList<DatabaseGauge>> Gauges);

/// <summary>Whether a service keeps its promises.</summary>
public sealed record InvariantReport(bool Ok, IReadOnlyList<InvariantFinding> Invariants);
