using System.ComponentModel.DataAnnotations;

namespace Shop.Ordering.Sagas;

/// <summary>How long an order waits, for what.</summary>
public sealed class OrderSagaOptions
{
    public const string Section = "OrderSaga";

    /// <summary>
    /// For Inventory's answer, before the order is cancelled with <c>stock_timeout</c>. It outlasts normal interruptions: a deployment, a
    /// failover of the database or broker, a node that is replaced (Kubernetes waits five minutes before it replaces one). Nothing is held
    /// or charged meanwhile.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan StockTimeLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// For Payment's answer, before the order is cancelled with <c>payment_timeout</c>. It outlasts the same interruptions and an outage of
    /// the payment provider. Stock is held meanwhile, but an order that is given up loses a customer.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan PaymentTimeLimit { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// For an answer to a compensation, before it is asked for again. Compensations are never given up; asking more often would only fill
    /// the queues of a service that is away.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CompensationTimeLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The time within which an order ends if every service answers at the last moment.</summary>
    internal TimeSpan LongestWait => StockTimeLimit + PaymentTimeLimit + CompensationTimeLimit;

    /// <summary>After its confirmation, for how long the customer may still cancel an order.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan CancelWindow { get; init; } = TimeSpan.FromMinutes(30);
}
