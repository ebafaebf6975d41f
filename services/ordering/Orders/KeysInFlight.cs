using System.Collections.Concurrent;

namespace Shop.Ordering.Orders;

/// <summary>
/// The idempotency keys this replica is working on. Two replicas given the same key at once are told apart by the
/// primary key of the stored answers.
/// </summary>
sealed class KeysInFlight
{
    readonly ConcurrentDictionary<(string Customer, string Key), byte> _keys = new();

    /// <returns>Null if the customer's key is in use; otherwise what gives it back when disposed of.</returns>
    public IDisposable? TryEnter(string customer, string? key)
    {
        if (key is null)
        {
            return Held.Nothing;
        }

        return _keys.TryAdd((customer, key), 0) ? new Held(this, (customer, key)) : null;
    }

    sealed class Held(KeysInFlight? keys, (string Customer, string Key) entry) : IDisposable
    {
        public static Held Nothing { get; } = new(null, default);

        public void Dispose() => keys?._keys.TryRemove(entry, out _);
    }
}
