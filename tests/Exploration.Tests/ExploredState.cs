using System.Text;
using Shop.Inventory.Reservations;
using Shop.Ordering.Orders;
using Shop.Payment.Payments;

namespace Shop.Exploration.Tests;

/// <summary>Everything that can be on its way for an order. A deadline of a wait that has ended is stale.</summary>
enum Mail
{
    ReserveStock, ReleaseStock, OrderConfirmed,
    TakePayment, RefundPayment,
    StockReserved, StockRejected, StockReleased, SaleRejected,
    PaymentTaken, PaymentDeclined, PaymentRefunded,
    CancellationRequested,
    StockOverdue, PaymentOverdue, CompensationOverdue,
    StaleStockOverdue, StalePaymentOverdue, StaleCompensationOverdue,
}

/// <summary>The deadline of the present wait: not set, waiting in the outbox, or on its way.</summary>
enum Timer { None, Pending, Fired }

/// <summary>The part of the saga's state on which its decisions depend.</summary>
readonly record struct SagaView(string Status, string? Reason, bool AwaitsStock, bool AwaitsRefund, Timer Timer);

/// <summary>The payment provider's state of an order.</summary>
enum Ledger { Nothing, Succeeded, Declined, Refunded }

/// <summary>When the payment worker looks next: never, now, or when the lease of an attempt ends.</summary>
enum Next { Never, Due, Leased }

/// <summary>The part of the payment's state on which its decisions depend. Attempts beyond the second are like the second.</summary>
readonly record struct PaymentView(PaymentState State, bool InDoubt, int Attempts, bool HasCharge, Next Next);

enum Phase { Start, Sent, Succeeded, Refunded, Declined, NotFound, NotDone, Unknown }

/// <summary>An attempt of the worker, with its knowledge at the beginning and its progress.</summary>
readonly record struct Attempt(PaymentState State, bool IsFirst, bool IsSettled, bool IsLatest, Phase Phase);

/// <summary>One order in all three services, at the payment provider, and on the wire.</summary>
sealed class OrderWorld
{
    static readonly int _kinds = Enum.GetValues<Mail>().Length;
    static readonly string[] _statuses = [.. OrderStatus.All];
    static readonly string[] _reasons =
        [
            CancelReason.OutOfStock,
            CancelReason.PaymentDeclined,
            CancelReason.PaymentTimeout,
            CancelReason.StockTimeout,
            CancelReason.CustomerRequest
        ];

    public SagaView Saga { get; set; }

    public ReservationState? Reservation { get; set; }

    public PaymentView? Payment { get; set; }

    public Ledger Ledger { get; set; }

    /// <summary>A charge that was sent and has not reached the provider's ledger yet.</summary>
    public bool ChargeInFlight { get; set; }

    public Attempt? Attempt { get; set; }

    /// <summary>An attempt whose process was stopped past its lease, and may wake up.</summary>
    public Attempt? Sleeper { get; set; }

    public int CancelsLeft { get; set; }

    public int RemindersLeft { get; set; }

    public int ExpiriesLeft { get; set; }

    public int DuplicatesLeft { get; set; }

    public int SleepsLeft { get; set; }

    /// <summary>How often a charge lands only after it counts as settled.</summary>
    public int LateLandingsLeft { get; set; }

    /// <summary>How often somebody gives the money back from outside.</summary>
    public int OutsideRefundsLeft { get; set; }

    /// <summary>How often each is on its way for the first time.</summary>
    public int[] Fresh { get; private init; } = new int[_kinds];

    /// <summary>How often each has been delivered and may be again.</summary>
    public int[] Repeatable { get; private init; } = new int[_kinds];

    public bool IsTerminal => Saga.Status is "Confirmed" or "Cancelled";

    /// <summary>The ledger has something that payment does not know and does not work on. The next sweep finds it.</summary>
    public bool IsUnreconciled => Payment is { Next: Next.Never } payment && Ledger switch
    {
        Ledger.Succeeded => payment.State is not PaymentState.Taken,
        Ledger.Refunded => payment.State is not PaymentState.Refunded,
        _ => false,
    };

    /// <summary>The order is finished, though a duplicate may still come.</summary>
    public bool IsFinal => IsTerminal && !IsUnreconciled && Saga.Timer == Timer.None && Fresh.All(count => count == 0)
        && Attempt is null && Sleeper is null && !ChargeInFlight && Payment is not { Next: not Next.Never };

    public OrderWorld Clone() => new()
    {
        Saga = Saga, Reservation = Reservation, Payment = Payment, Ledger = Ledger, ChargeInFlight = ChargeInFlight,
        Attempt = Attempt, Sleeper = Sleeper, CancelsLeft = CancelsLeft, RemindersLeft = RemindersLeft, ExpiriesLeft = ExpiriesLeft,
        DuplicatesLeft = DuplicatesLeft, SleepsLeft = SleepsLeft, LateLandingsLeft = LateLandingsLeft,
        OutsideRefundsLeft = OutsideRefundsLeft,
        Fresh = [.. Fresh], Repeatable = [.. Repeatable],
    };

    public void Send(IReadOnlyList<Mail> mails)
    {
        foreach (var mail in mails)
        {
            Fresh[(int)mail]++;
        }
    }

    public void AppendKey(StringBuilder key)
    {
        Append(key, Array.IndexOf(_statuses, Saga.Status), Array.IndexOf(
            _reasons, Saga.Reason) + 1, Saga.AwaitsStock ? 1 : 0, Saga.AwaitsRefund ? 1 : 0, (int)Saga.Timer, (int?)Reservation ?? 9);
        Append(key, Payment is { } payment
            ? [(int)payment.State, payment.InDoubt ? 1 : 0, payment.Attempts, payment.HasCharge ? 1 : 0, (int)payment.Next] : [9]);
        Append(key, (int)Ledger, ChargeInFlight
            ? 1
            : 0, CancelsLeft, RemindersLeft, ExpiriesLeft, DuplicatesLeft, SleepsLeft, LateLandingsLeft, OutsideRefundsLeft);
        Append(key, Attempt);
        Append(key, Sleeper);
        Append(key, Fresh);
        Append(key, Repeatable);
    }

    static void Append(StringBuilder key, Attempt? attempt) => Append(key, attempt is { } one
        ? [(int)one.State, one.IsFirst ? 1 : 0, one.IsSettled ? 1 : 0, one.IsLatest ? 1 : 0, (int)one.Phase] : [9]);

    static void Append(StringBuilder key, params ReadOnlySpan<int> values)
    {
        foreach (var value in values)
        {
            key.Append((char)('0' + value));
        }
    }
}

/// <summary>All orders, and the stock they share, of one product.</summary>
sealed class ExploredState(IReadOnlyList<OrderWorld> orders, int available, int held, int sold)
{
    public IReadOnlyList<OrderWorld> Orders => orders;

    public int Available { get; set; } = available;

    public int Held { get; set; } = held;

    public int Sold { get; set; } = sold;

    public bool IsFinal => orders.All(order => order.IsFinal);

    ExploredState Clone() => new([.. orders.Select(order => order.Clone())], Available, Held, Sold);

    /// <summary>A copy in which one order has changed.</summary>
    public ExploredState With(int index, Action<OrderWorld> change, out OrderWorld order)
    {
        var next = Clone();
        order = next.Orders[index];
        change(order);
        return next;
    }

    public string Key()
    {
        var key = new StringBuilder(160);
        key.Append((char)('0' + Available)).Append((char)('0' + Held)).Append((char)('0' + Sold));
        foreach (var order in orders)
        {
            order.AppendKey(key);
        }

        return key.ToString();
    }

    /// <summary>The invariants of any state, and those of a final state.</summary>
    public IEnumerable<string> Violations(int received)
    {
        if (Available < 0 || Held < 0 || Sold < 0 || Available + Held + Sold != received)
        {
            yield return $"stock: received {received}, available {Available}, held {Held}, sold {Sold}";
        }

        foreach (var order in orders.Where(order => order.IsTerminal && (order.Saga.AwaitsStock || order.Saga.AwaitsRefund)))
        {
            yield return $"an order ended {order.Saga.Status}, but awaits its {(order.Saga.AwaitsStock ? "stock" : "money")}";
        }

        foreach (var order in orders.Where(order => order.IsFinal && IsFinal))
        {
            var right = order.Saga.Status == "Confirmed"
                ? order is { Ledger: Ledger.Succeeded, Reservation: ReservationState.Sold }
                : order is { Ledger: not Ledger.Succeeded, Reservation: not (ReservationState.Held or ReservationState.Sold) };
            if (!right)
            {
                yield return $"an order ended {order.Saga.Status} with stock {order.Reservation} and charge {order.Ledger}";
            }
        }
    }
}
