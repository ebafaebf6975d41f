using System.ComponentModel.DataAnnotations;

namespace Shop.Ordering.Sagas;

/// <summary>How long an order waits, for what.</summary>
public sealed class OrderSagaOptions
{
    public const string Section = "OrderSaga";

    /// <summary>
    /// For Inventory's answer, before the order is cancelled with <c>stock_timeout</c>. It outlasts what happens to a
    /// shop without anybody's fault: a deployment, a database or broker that fails over, a node that is replaced
    /// (Kubernetes alone waits five minutes before it does). Nothing is held or charged meanwhile.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan StockTimeLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// For Payment's answer, before the order is cancelled with <c>payment_timeout</c>. As long as that, and an outage of the payment
    /// provider with it: stock is held meanwhile, but an order that is given up is a customer lost.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan PaymentTimeLimit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// For an answer to a compensation, before it is asked for again. Compensations are never given up; asking more often would only fill
    /// the queues of a service that is away.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CompensationTimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>After which an order has ended, if everybody answers at the last moment.</summary>
    internal TimeSpan LongestWait => StockTimeLimit + PaymentTimeLimit + CompensationTimeLimit;

    /// <summary>After its confirmation, for how long the customer may still cancel an order.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan CancelWindow { get; init; } = TimeSpan.FromMinutes(30);
}
