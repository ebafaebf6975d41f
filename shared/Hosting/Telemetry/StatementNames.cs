using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Npgsql;

namespace Shop.Hosting;

/// <summary>
/// Names a database span by what its statement does to which table, such as <c>insert outbox</c>: the summary that
/// OpenTelemetry's conventions ask for.
/// </summary>
static partial class StatementNames
{
    // Statements come from code and are few; what is generated with a changing number of parameters must not fill the memory.
    const int KnownMax = 1_000;
    static readonly ConcurrentDictionary<string, string> _known = new();

    /// <summary>Those of all statements that go together, without what only sets something up.</summary>
    public static string Of(NpgsqlBatch batch)
    {
        IEnumerable<NpgsqlBatchCommand> commands = batch.BatchCommands;
        string[] names = [.. commands.Select(command => Of(command.CommandText)).Distinct()];
        string[] telling = [.. names.Where(name => name != "select")];
        return string.Join(", ", telling is [] or ["commit"] ? names : telling);
    }

    public static string Of(string sql)
    {
        if (_known.TryGetValue(sql, out var known))
        {
            return known;
        }

        var name = Make(sql);
        if (_known.Count < KnownMax)
        {
            _known[sql] = name;
        }

        return name;
    }

    static string Make(string sql)
    {
        var verb = Verb().Match(sql).Value.ToLowerInvariant();
        return Table().Match(sql) is { Success: true } table ? $"{verb} {table.Groups[1].Value}" : verb is "" ? "statement" : verb;
    }

    [GeneratedRegex(@"[A-Za-z]+")]
    private static partial Regex Verb();

    [GeneratedRegex(@"\b(?:from|into|update)\s+(?:""?\w+""?\.)?""?([a-z_]+)""?", RegexOptions.IgnoreCase)]
    private static partial Regex Table();
}
