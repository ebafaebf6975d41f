using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>What a service promises about its messaging tables.</summary>
public static class MessagingInvariants
{
    // A message that the broker refused is tried again later, and counts too.
    const string Overdue = "(due_at <= now() or refused_since is not null)";

    // A deadline counts from its due time, a refused message from the refusal, and every other row from its insertion.
    const string OverdueSince = "coalesce(refused_since, greatest(created_at, due_at))";

    public static IReadOnlyList<InvariantRule> Rules(string schema, TimeSpan grace) =>
    [
        new(
            "outbox-drains",
            "no message that is due waits in the outbox for long",
            $"""
            select 'outbox of {schema}', 'published within {grace}', count(*) || ' messages, the oldest of ' || min(overdue)
            from (select {OverdueSince} as overdue from {schema}.outbox where {Overdue}) as message
            where overdue < now() - {InvariantRule.Interval(grace)} having count(*) > 0
            """),
        new(
            "no-dead-letters",
            "no message waits among the dead letters",
            $"select 'dead letter ' || id, 'none', reason from {schema}.dead_letters where status = 'Waiting' order by last_failed_at desc"),
    ];

    public static IReadOnlyList<DatabaseGauge> Gauges(string schema) =>
    [
        new(
            "shop.outbox.age",
            "s",
            "How long the outbox row that has waited longest should have been out",
            $"select extract(epoch from now() - min({OverdueSince}))::float8 from {schema}.outbox where {Overdue}"),
        new(
            "shop.dead_letters.waiting",
            "{message}",
            "Dead letters that wait for a decision",
            $"select count(*)::float8 from {schema}.dead_letters where status = 'Waiting'"),
    ];

    internal static InvariantSet Of<TDb>() where TDb : DbContext =>
        new((services, grace) => Rules(SchemaOf<TDb>(services), grace), services => Gauges(SchemaOf<TDb>(services)));

    static string SchemaOf<TDb>(IServiceProvider services) where TDb : DbContext
    {
        using var scope = services.CreateScope();
        return scope.ServiceProvider.GetRequiredService<TDb>().Model.GetDefaultSchema() ?? "public";
    }
}
