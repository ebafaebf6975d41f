using System.Collections.Concurrent;

namespace Shop.Messaging;

/// <summary>
/// The idempotency keys this replica is working on. If two replicas get the same key at once, the primary key of the stored answers
/// decides.
/// </summary>
public sealed class KeysInFlight
{
    readonly ConcurrentDictionary<AnswerKey, byte> _keys = new();

    /// <param name="key">Null for none, which is never in use.</param>
    /// <returns>Null if the key is in use; otherwise what gives it back when disposed of.</returns>
    public IDisposable? TryEnter(AnswerKey? key) => key is null || _keys.TryAdd(key, 0) ? new Held(this, key) : null;

    sealed class Held(KeysInFlight keys, AnswerKey? key) : IDisposable
    {
        AnswerKey? _key = key;

        // The key is given back once, because another request may have it afterwards.
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _key, null) is { } held)
            {
                keys._keys.TryRemove(held, out _);
            }
        }
    }
}
