namespace Shop.Chaos.Load;

/// <summary>Who takes the orders of a load: the shop, or what it is compared with.</summary>
public interface IOrderTaker
{
    /// <summary>Returns when the order is accepted, or refused.</summary>
    /// <param name="number">Of the order; no two have the same.</param>
    Task<Placed> Place(int number, CancellationToken cancellation);
}

/// <summary>The answer to an order.</summary>
/// <param name="OrderId">Null if it was refused.</param>
/// <param name="Refusal">The status of the answer, or the kind of error there was instead of one.</param>
public readonly record struct Placed(Guid? OrderId, string Refusal = "");
