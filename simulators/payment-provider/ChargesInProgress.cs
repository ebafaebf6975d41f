using System.Collections.Concurrent;

namespace Shop.PaymentProvider;

/// <summary>Makes charges, each once for an idempotency key.</summary>
sealed class ChargesInProgress(Ledger ledger, Refunds refunds, TimeProvider clock)
{
    static readonly TimeSpan _slowness = TimeSpan.FromSeconds(5);

    // The value is lazy, because the dictionary may make two values for a key at once, though it keeps one. Two tasks would be two charges.
    readonly ConcurrentDictionary<string, Lazy<Task<Charge>>> _making = new();
    readonly ConcurrentDictionary<string, bool> _late = new();

    /// <summary>True while a charge with this key is still to land.</summary>
    public bool IsLate(string key) => _late.ContainsKey(key);

    /// <summary>The charge does not depend on the caller: the money moves even if nobody waits for the task any more.</summary>
    public Task<Charge> Make(Charges.ChargeRequest request, string key, decimal amount) =>
        _making.GetOrAdd(key, _ => new(() => Task.Run(() => MakeOnce(request, key, amount)))).Value;

    /// <summary>Makes the charge after a delay.</summary>
    /// <returns>False if a charge with this key is still to land.</returns>
    public bool TryMakeLate(Charges.ChargeRequest request, string key, decimal amount, TimeSpan delay)
    {
        if (!_late.TryAdd(key, true))
        {
            return false;
        }

        _ = MakeLate(request, key, amount, delay);
        return true;
    }

    async Task MakeLate(Charges.ChargeRequest request, string key, decimal amount, TimeSpan delay)
    {
        await Task.Delay(delay, clock);
        await MakeOnce(request, key, amount);
        _late.TryRemove(key, out _);
    }

    async Task<Charge> MakeOnce(Charges.ChargeRequest request, string key, decimal amount)
    {
        if (ledger.FindByKey(key) is { } earlier)
        {
            return earlier;
        }

        if (request.Token == Tokens.Slow)
        {
            await Task.Delay(_slowness, clock);
        }

        var charge = new Charge(
            $"ch_{Guid.CreateVersion7():N}",
            key,
            request.Reference,
            amount,
            request.Currency,
            request.Token,
            Tokens.DeclineCode(request.Token),
            new Dictionary<string, decimal>());
        await ledger.Record(charge);
        _making.TryRemove(key, out _);
        refunds.Consider(charge);
        return charge;
    }
}
