namespace Shop.Payment.Provider;

/// <summary>What is known after a call to the payment provider. <see cref="Meanings"/> decides which answer means what.</summary>
abstract record ChargeAnswer
{
    /// <summary>The money was taken. The refunded amount is the ledger's, whoever gave it back.</summary>
    /// <param name="Refunded">In EUR.</param>
    public sealed record Succeeded(string ChargeId, decimal Refunded = 0) : ChargeAnswer;

    /// <summary>The card was refused; nothing was taken.</summary>
    public sealed record Declined(string Code) : ChargeAnswer;

    /// <summary>The ledger has no such charge at the moment. One may still be under way.</summary>
    public sealed record NotFound : ChargeAnswer;

    /// <summary>Nothing was done: the provider said so, or the call never left.</summary>
    public sealed record NotDone(string Reason) : ChargeAnswer;

    /// <summary>There was no answer with a meaning. The money may have moved, or may still move.</summary>
    public sealed record Unknown(string Reason) : ChargeAnswer;
}

/// <summary>The wanted charge. An answer counts only if it is about this charge.</summary>
/// <param name="Key">The idempotency key.</param>
/// <param name="Amount">In EUR.</param>
/// <param name="CustomerId">Whose it is; the provider is not told.</param>
sealed record WantedCharge(string Key, decimal Amount, string Reference, string CustomerId);
