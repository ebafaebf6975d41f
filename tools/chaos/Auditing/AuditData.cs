using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Auditing;

/// <summary>
/// The contents of all databases and of the payment provider's ledger, side by side in temporary tables of one session. A question about
/// all of them is one statement, however many orders there are. The role cannot change the services' data.
/// </summary>
sealed class AuditData : IAsyncDisposable
{
    const int PageSize = 10_000;
    const int ViolationsMax = 10_000;
    const int QuestionSecondsMax = 300;
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    readonly Checkout _checkout;
    readonly NpgsqlConnection _ordering;

    AuditData(Checkout checkout, NpgsqlConnection ordering) => (_checkout, _ordering) = (checkout, ordering);

    public static async Task<AuditData> Read(Checkout checkout, CancellationToken cancellation)
    {
        var data = new AuditData(checkout, await Databases.Of(checkout).OpenToRead("ordering", cancellation));
        try
        {
            await data.Copy(
                "inventory",
                "reservations (order_id uuid, state text, units bigint)",
                """
                select order_id, state, (select sum((line->>'quantity')::bigint)::bigint from jsonb_array_elements(lines) line)
                from inventory.reservations
                """,
                cancellation);
            await data.Copy(
                "payment",
                "payments (order_id uuid, state text, amount numeric, refunded numeric, charge_id text)",
                "select order_id, state, amount, refunded_amount, charge_id from payment.payments",
                cancellation);
            await data.Execute($"create temporary table {MessageAccounts.Columns}", cancellation);
            foreach (var service in Replicas.Services)
            {
                await data.Fill(service, "accounts", MessageAccounts.SourceOf(service), cancellation);
            }

            await data.CopyLedger(cancellation);
            await data.Execute("analyze reservations, payments, accounts, charges", cancellation);
            return data;
        }
        catch
        {
            await data.DisposeAsync();
            throw;
        }
    }

    public Task<long> CountOrders(CancellationToken cancellation) => Count("ordering.orders", cancellation);

    public Task<long> CountCharges(CancellationToken cancellation) => Count("charges", cancellation);

    /// <summary>What contradicts an invariant.</summary>
    public async Task<IReadOnlyList<Violation>> Ask(Invariant invariant, CancellationToken cancellation)
    {
        var violations = new List<Violation>();
        foreach (var question in invariant.Questions)
        {
            if (question.Database == "ordering")
            {
                violations.AddRange(await Ask(_ordering, question, cancellation));
            }
            else
            {
                await using var connection = await Databases.Of(_checkout).OpenToRead(question.Database, cancellation);
                violations.AddRange(await Ask(connection, question, cancellation));
            }
        }

        return violations;
    }

    public ValueTask DisposeAsync() => _ordering.DisposeAsync();

    static async Task<IReadOnlyList<Violation>> Ask(NpgsqlConnection connection, Question question, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select * from ({question.Sql}) as found limit {ViolationsMax}", connection)
        {
            CommandTimeout = QuestionSecondsMax,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var violations = new List<Violation>();
        while (await reader.ReadAsync(cancellation))
        {
            violations.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        }

        return violations;
    }

    /// <param name="table">Name and columns.</param>
    async Task Copy(string service, string table, string query, CancellationToken cancellation)
    {
        await Execute($"create temporary table {table}", cancellation);
        await Fill(service, table[..table.IndexOf(' ', StringComparison.Ordinal)], query, cancellation);
    }

    async Task Fill(string service, string table, string query, CancellationToken cancellation)
    {
        await using var source = await Databases.Of(_checkout).OpenToRead(service, cancellation);
        await using var rows = await source.BeginRawBinaryCopyAsync($"copy ({query}) to stdout (format binary)", cancellation);
        await using var target = await _ordering.BeginRawBinaryCopyAsync(
            $"copy {table} from stdin (format binary)", cancellation);
        await rows.CopyToAsync(target, cancellation);
    }

    async Task CopyLedger(CancellationToken cancellation)
    {
        await Execute(
            "create temporary table charges (id text, reference text, amount numeric, refunded numeric, took_money boolean)", cancellation);
        await using var rows = await _ordering.BeginBinaryImportAsync("copy charges from stdin (format binary)", cancellation);
        for (var read = 0; ; )
        {
            var page = (await _http.GetFromJsonAsync<Charge[]>(
                new Uri(_checkout.Addresses.PaymentProvider, $"/v1/charges?after={read}&limit={PageSize}"),
                JsonSerializerOptions.Web,
                cancellation))!;
            foreach (var charge in page)
            {
                await rows.StartRowAsync(cancellation);
                await rows.WriteAsync(charge.Id, NpgsqlDbType.Text, cancellation);
                await rows.WriteAsync(charge.Reference, NpgsqlDbType.Text, cancellation);
                await rows.WriteAsync(decimal.Parse(charge.Amount, CultureInfo.InvariantCulture), NpgsqlDbType.Numeric, cancellation);
                await rows.WriteAsync(decimal.Parse(charge.Refunded, CultureInfo.InvariantCulture), NpgsqlDbType.Numeric, cancellation);
                await rows.WriteAsync(charge.Status != "declined", NpgsqlDbType.Boolean, cancellation);
            }

            read += page.Length;
            if (page.Length < PageSize)
            {
                await rows.CompleteAsync(cancellation);
                return;
            }
        }
    }

    async Task<long> Count(string table, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"select count(*) from {table}", _ordering);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    async Task Execute(string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, _ordering);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    sealed record Charge(string Id, string Reference, string Amount, string Refunded, string Status);
}
