using Npgsql;

namespace Shop.Messaging;

/// <summary>Statements with numbered parameters.</summary>
static class OutboxSql
{
    public static async Task<IReadOnlyList<long>> Numbers(
        this NpgsqlDataSource database, string sql, CancellationToken cancellation, params object[] arguments)
    {
        await using var command = database.Command(sql, arguments);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var values = new List<long>();
        while (await reader.ReadAsync(cancellation))
        {
            values.Add(reader.GetInt64(0));
        }

        return values;
    }

    public static async Task<int> Execute(
        this NpgsqlDataSource database, string sql, CancellationToken cancellation, params object[] arguments)
    {
        await using var command = database.Command(sql, arguments);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public static NpgsqlCommand Command(this NpgsqlDataSource database, string sql, params object[] arguments)
    {
        var command = database.CreateCommand(sql);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        return command;
    }
}
