using System.Collections;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Shop.Messaging;

/// <summary>
/// Makes tracked entities of rows that a <see cref="RoundTrip"/> has brought. EF Core has no way to read from a result that
/// is there already, so its query is answered with that result instead of being sent.
/// </summary>
sealed class LoadedRows : DbCommandInterceptor
{
    public static readonly LoadedRows Interceptor = new();

    static readonly ConditionalWeakTable<DbContext, DbDataReader> _results = [];

    /// <param name="query">What the rows would be the answer to.</param>
    public static async Task Track<TRow>(DbContext db, IQueryable<TRow> query, DbDataReader result)
    {
        _results.Add(db, result);
        await query.LoadAsync();
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } db && _results.TryGetValue(db, out var rows))
        {
            _results.Remove(db);
            result = InterceptionResult<DbDataReader>.SuppressWithResult(new OneResult(rows));
        }

        return ValueTask.FromResult(result);
    }

    /// <summary>The present result of a reader that has more. Whoever is done with it does not close the reader.</summary>
    sealed class OneResult(DbDataReader reader) : DbDataReader
    {
        public override int Depth => reader.Depth;
        public override int FieldCount => reader.FieldCount;
        public override bool HasRows => reader.HasRows;
        public override bool IsClosed => reader.IsClosed;
        public override int RecordsAffected => reader.RecordsAffected;
        public override object this[int ordinal] => reader[ordinal];
        public override object this[string name] => reader[name];
        public override bool Read() => reader.Read();
        public override Task<bool> ReadAsync(CancellationToken cancellationToken) => reader.ReadAsync(cancellationToken);
        public override bool NextResult() => false;
        public override bool IsDBNull(int ordinal) => reader.IsDBNull(ordinal);
        public override T GetFieldValue<T>(int ordinal) => reader.GetFieldValue<T>(ordinal);
        public override bool GetBoolean(int ordinal) => reader.GetBoolean(ordinal);
        public override byte GetByte(int ordinal) => reader.GetByte(ordinal);
        public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) =>
            reader.GetBytes(ordinal, dataOffset, buffer, bufferOffset, length);
        public override char GetChar(int ordinal) => reader.GetChar(ordinal);
        public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) =>
            reader.GetChars(ordinal, dataOffset, buffer, bufferOffset, length);
        public override string GetDataTypeName(int ordinal) => reader.GetDataTypeName(ordinal);
        public override DateTime GetDateTime(int ordinal) => reader.GetDateTime(ordinal);
        public override decimal GetDecimal(int ordinal) => reader.GetDecimal(ordinal);
        public override double GetDouble(int ordinal) => reader.GetDouble(ordinal);
        public override IEnumerator GetEnumerator() => reader.GetEnumerator();
        public override Type GetFieldType(int ordinal) => reader.GetFieldType(ordinal);
        public override float GetFloat(int ordinal) => reader.GetFloat(ordinal);
        public override Guid GetGuid(int ordinal) => reader.GetGuid(ordinal);
        public override short GetInt16(int ordinal) => reader.GetInt16(ordinal);
        public override int GetInt32(int ordinal) => reader.GetInt32(ordinal);
        public override long GetInt64(int ordinal) => reader.GetInt64(ordinal);
        public override string GetName(int ordinal) => reader.GetName(ordinal);
        public override int GetOrdinal(string name) => reader.GetOrdinal(name);
        public override string GetString(int ordinal) => reader.GetString(ordinal);
        public override object GetValue(int ordinal) => reader.GetValue(ordinal);
        public override int GetValues(object[] values) => reader.GetValues(values);
    }
}
