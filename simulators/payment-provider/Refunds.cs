namespace Shop.PaymentProvider;

/// <summary>
/// Gives money back for the shop, and for others who can, such as a person at the provider's console or its fraud screening.
/// </summary>
sealed class Refunds(Ledger ledger, FaultInjection faults, TimeProvider clock) : IDisposable
{
    readonly SemaphoreSlim _refunding = new(1);

    /// <summary>Gives back an amount, or the rest of the charge, once for a key.</summary>
    /// <returns>Null if there is not that much.</returns>
    public async Task<Charge?> GiveBack(string id, string key, decimal? amount, CancellationToken cancellation)
    {
        // Refunds run one at a time: two refunds of one charge could give back more than there is.
        await _refunding.WaitAsync(cancellation);
        try
        {
            var charge = ledger.FindById(id)!;
            if (charge.Refunds.ContainsKey(key))
            {
                return charge;
            }

            var rest = charge.Amount - charge.Refunded;
            var refund = amount ?? rest;
            if (charge.Code is not null || rest == 0 || refund > rest)
            {
                return null;
            }

            var refunded = charge with { Refunds = new Dictionary<string, decimal>(charge.Refunds) { [key] = refund } };
            await ledger.Record(refunded);
            return ledger.FindById(id);
        }
        finally
        {
            _refunding.Release();
        }
    }

    /// <summary>Somebody may want a new charge undone.</summary>
    public void Consider(Charge charge)
    {
        var now = faults.Current;
        if (charge.Code is not null)
        {
            return;
        }

        var pause = TimeSpan.FromMilliseconds(now.RefundMilliseconds);
        if (faults.Happens(now.RefundRate))
        {
            _ = FromOutside(charge, pause, null);
        }
        else if (faults.Happens(now.PartialRefundRate))
        {
            _ = FromOutside(charge, pause, decimal.Round(charge.Amount / 2, 2));
        }
    }

    public void Dispose() => _refunding.Dispose();

    async Task FromOutside(Charge charge, TimeSpan pause, decimal? part)
    {
        await Task.Delay(pause, clock);
        await GiveBack(charge.Id, $"console-{Guid.NewGuid():N}", part, CancellationToken.None);
        if (part is not null)
        {
            await FromOutside(charge, pause, null);
        }
    }
}
