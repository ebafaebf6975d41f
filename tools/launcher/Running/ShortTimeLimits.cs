namespace Shop.Launcher.Running;

/// <summary>
/// Short time limits for local work: an order whose payment never works ends in half a minute. The services' own defaults outlast an
/// outage.
/// </summary>
public static class ShortTimeLimits
{
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Of { get; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>
    {
        ["ordering"] = new Dictionary<string, string>
        {
            ["OrderSaga__StockTimeLimit"] = "00:01:30",
            ["OrderSaga__PaymentTimeLimit"] = "00:00:20",
            ["OrderSaga__CompensationTimeLimit"] = "00:00:15",
        },
        ["inventory"] = new Dictionary<string, string> { ["Reservations__HoldTimeLimit"] = "00:10:00" },
        ["payment"] = new Dictionary<string, string>
        {
            ["Payments__SettlingTime"] = "00:00:25",
            // The simulator's ledger does not lag.
            ["Reconciliation__Interval"] = "00:00:03",
            ["Reconciliation__LedgerLag"] = "00:00:02",
        },
    };
}
