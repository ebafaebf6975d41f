using System.Diagnostics.Metrics;
using Npgsql;

namespace Shop.Hosting;

/// <summary>
/// A number in the service's database that tells how well it keeps up. Every replica measures the same one: of several the largest is
/// taken, not the sum. It is asked for between the checks of the invariants, never by a scrape.
/// </summary>
/// <param name="Name">Of the metric.</param>
/// <param name="Sql">One number, null counting as 0; with an attribute, rows of its value and a number. Only what an index keeps small.</param>
/// <param name="Attribute">What the numbers differ in; null if there is one.</param>
public sealed record DatabaseGauge(string Name, string Unit, string Description, string Sql, string? Attribute = null)
{
    /// <summary>Those of the messaging tables of a service.</summary>
    public static IReadOnlyList<DatabaseGauge> OfMessaging(string schema) =>
    [
        new(
            "shop.outbox.age",
            "s",
            "How long the outbox row that has waited longest should have been out",
            // A deadline should be out when it is due, everything else as soon as it is written.
            $"select extract(epoch from now() - min(greatest(created_at, due_at)))::float8 from {schema}.outbox where due_at <= now()"),
        new(
            "shop.dead_letters.waiting",
            "{message}",
            "Dead letters that wait for a decision",
            $"select count(*)::float8 from {schema}.dead_letters where status = 'Waiting'"),
    ];

    internal async Task<IReadOnlyList<Measurement<double>>> Measure(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Sql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var numbers = new List<Measurement<double>>();
        var number = Attribute is null ? 0 : 1;
        while (await reader.ReadAsync(cancellation))
        {
            KeyValuePair<string, object?>[] attributes = Attribute is null ? [] : [new(Attribute, reader.GetString(0))];
            numbers.Add(new(reader.IsDBNull(number) ? 0 : reader.GetDouble(number), attributes));
        }

        return numbers;
    }
}
