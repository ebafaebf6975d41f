using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Shop.PaymentProvider;

/// <summary>
/// All charges ever made, in an append-only file of JSON lines. The newest line of a charge is its present state. A line is with the
/// operating system before the request is answered, so the ledger survives the death of the process.
/// </summary>
sealed class Ledger : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, Charge> _byKey = new();
    readonly ConcurrentDictionary<string, Charge> _byId = new();
    readonly ConcurrentDictionary<string, IReadOnlyList<string>> _idsByReference = new();
    readonly List<string> _ids = [];
    readonly SortedSet<(DateTimeOffset ChangedAt, string Id)> _changes = [];
    readonly Lock _idsLock = new();
    readonly Channel<(byte[] Line, TaskCompletionSource Written)> _lines =
        Channel.CreateUnbounded<(byte[], TaskCompletionSource)>(new() { SingleReader = true });

    readonly TimeProvider _clock;
    readonly FileStream _file;
    readonly Task _writing;

    public Ledger(string path, TimeProvider clock)
    {
        _clock = clock;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // The file is opened without sharing, which on Linux is an advisory lock. A second process with the same ledger would take money
        // that the first does not know of.
        _file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Load();
        _writing = Task.Run(Write);
    }

    public Charge? FindById(string id) => _byId.GetValueOrDefault(id);

    public Charge? FindByKey(string idempotencyKey) => _byKey.GetValueOrDefault(idempotencyKey);

    public IReadOnlyList<Charge> FindByReference(string reference) =>
        [.. _idsByReference.GetValueOrDefault(reference, []).Select(id => _byId[id])];

    /// <summary>Charges in the order they were made, after a position.</summary>
    public IReadOnlyList<Charge> Page(int after, int limit)
    {
        lock (_idsLock)
        {
            return [.. _ids.Skip(after).Take(limit).Select(id => _byId[id])];
        }
    }

    /// <summary>Charges in the order in which they last changed, after a moment.</summary>
    /// <param name="afterId">The charge of that moment at which to go on.</param>
    public IReadOnlyList<Charge> PageOfChanges(DateTimeOffset after, string afterId, int limit)
    {
        lock (_idsLock)
        {
            return
            [
                .. _changes.GetViewBetween((after, afterId), (DateTimeOffset.MaxValue, ""))
                    .Where(change => change != (after, afterId)).Take(limit).Select(change => _byId[change.Id]),
            ];
        }
    }

    /// <summary>Records a new charge or a new state of one, and returns when it is safe.</summary>
    public async Task Record(Charge charge)
    {
        // Microseconds, as its text has them.
        var now = _clock.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        charge = charge with { ChangedAt = now, MadeAt = charge.MadeAt == default ? now : charge.MadeAt };
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var line = JsonSerializer.SerializeToUtf8Bytes(charge, JsonSerializerOptions.Web);
        _lines.Writer.TryWrite((line, written));
        await written.Task;
        Index(charge);
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    // A line that a crash cut short belongs to a request that was never answered. It is dropped, and the next line takes its place.
    void Load()
    {
        using var reader = new StreamReader(_file, Encoding.UTF8, leaveOpen: true);
        var end = 0L;
        var text = reader.ReadToEnd();
        var position = 0;
        while (text.IndexOf('\n', position) is >= 0 and var newline)
        {
            var line = text[position..newline];
            Index(JsonSerializer.Deserialize<Charge>(line, JsonSerializerOptions.Web)!);
            end += Encoding.UTF8.GetByteCount(line) + 1;
            position = newline + 1;
        }

        _file.SetLength(end);
        _file.Seek(end, SeekOrigin.Begin);
    }

    void Index(Charge charge)
    {
        lock (_idsLock)
        {
            var earlier = _byId.GetValueOrDefault(charge.Id);
            _byId[charge.Id] = charge;
            _byKey[charge.IdempotencyKey] = charge;
            if (earlier is null)
            {
                _ids.Add(charge.Id);
                _idsByReference.AddOrUpdate(charge.Reference, [charge.Id], (_, ids) => [.. ids, charge.Id]);
            }
            else
            {
                _changes.Remove((earlier.ChangedAt, charge.Id));
            }

            _changes.Add((charge.ChangedAt, charge.Id));
        }
    }

    // Whatever waits is written at once.
    async Task Write()
    {
        var written = new List<TaskCompletionSource>();
        using var buffer = new MemoryStream();
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var next))
            {
                buffer.Write(next.Line);
                buffer.WriteByte((byte)'\n');
                written.Add(next.Written);
            }

            _file.Write(buffer.GetBuffer(), 0, (int)buffer.Length);
            await _file.FlushAsync();
            buffer.SetLength(0);
            written.ForEach(done => done.SetResult());
            written.Clear();
        }
    }
}
