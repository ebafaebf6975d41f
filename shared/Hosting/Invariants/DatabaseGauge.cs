using System.Diagnostics.Metrics;
using Npgsql;

namespace Shop.Hosting;

/// <summary>
/// A number in the service's database that shows how well it keeps up. Every replica measures the same number, so readers take the maximum
/// and not the sum. It is measured with the checks of the invariants, not at a scrape.
/// </summary>
/// <param name="Name">Of the metric.</param>
/// <param name="Sql">
/// One number, null counting as 0; with an attribute, rows of its value and a number. Only what an index keeps small.
/// </param>
/// <param name="Attribute">What the numbers differ in; null if there is one.</param>
public sealed record DatabaseGauge(string Name, string Unit, string Description, string Sql, string? Attribute = null)
{
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
