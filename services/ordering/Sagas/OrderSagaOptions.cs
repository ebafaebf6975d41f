using System.ComponentModel.DataAnnotations;

namespace Shop.Ordering.Sagas;

/// <summary>How long an order waits, for what.</summary>
public sealed class OrderSagaOptions
{
    public const string Section = "OrderSaga";

    /// <summary>
    /// For Inventory's answer, before the order is cancelled with <c>stock_timeout</c>. Nothing is held or charged meanwhile, so
    /// it may well outlast a minute without the broker.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan StockTimeLimit { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>For Payment's answer, before the order is cancelled with <c>payment_timeout</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan PaymentTimeLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For an answer to a compensation, before it is asked for again. Compensations are never given up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CompensationTimeLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After which an order has ended, if everybody answers at the last moment.</summary>
    internal TimeSpan LongestWait => StockTimeLimit + PaymentTimeLimit + CompensationTimeLimit;

    /// <summary>After its confirmation, for how long the customer may still cancel an order.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan CancelWindow { get; init; } = TimeSpan.FromMinutes(30);
}
