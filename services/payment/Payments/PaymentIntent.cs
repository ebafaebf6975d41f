using System.Diagnostics;
using Shop.Contracts.Payment;
using Shop.Payment.Provider;

namespace Shop.Payment.Payments;

/// <summary>
/// The payment for one order: the intent, stored before the payment provider is called, and its outcome. All decisions about a payment are
/// here; each returns the event to publish, if there is one. The order's id is the idempotency key, so there is at most one charge for an
/// order.
/// </summary>
sealed class PaymentIntent
{
    /// <summary>Due immediately, at any time (<c>-infinity</c> in the database).</summary>
    static readonly DateTimeOffset _atOnce = DateTimeOffset.MinValue;

    public Guid OrderId { get; private init; }
    public string CustomerId { get; private init; } = "";

    /// <summary>In EUR.</summary>
    public decimal Amount { get; private init; }

    public string Token { get; private init; } = "";
    public PaymentState State { get; private set; }
    public string? ChargeId { get; private set; }
    public string? DeclineCode { get; private set; }

    /// <summary>In EUR.</summary>
    public decimal RefundedAmount { get; private set; }

    /// <summary>How often the payment provider has been called, or was about to be.</summary>
    public int Attempts { get; private set; }

    /// <summary>True while a charge may be under way of which no answer has been seen.</summary>
    public bool InDoubt { get; private set; }

    /// <summary>When a charge was last sent, by the database's clock.</summary>
    public DateTimeOffset? ChargedAt { get; private set; }

    /// <summary>The time of the worker's next attempt, by the database's clock. Null if there is nothing left to do.</summary>
    public DateTimeOffset? NextAttemptAt { get; private set; }

    /// <summary>When the present state was first worked on, by the database's clock; null if it has not been.</summary>
    public DateTimeOffset? OpenSince { get; private set; }

    /// <summary>
    /// When the ledger is asked again about a charge that was given up because the ledger did not have it. Null if there is no such charge,
    /// or if the ledger was asked often enough.
    /// </summary>
    public DateTimeOffset? LookAgainAt { get; private set; }

    /// <summary>The row's version, so that no writer overwrites a change that it has not seen.</summary>
    public uint Version { get; private set; }

    /// <summary>
    /// The span that asked for the next work, as W3C traceparent. An attempt belongs to its trace. Null if there was none.
    /// </summary>
    public string? TraceParent { get; private set; }

    public WantedCharge Wanted => WantedOf(OrderId, Amount, CustomerId);

    public static WantedCharge WantedOf(Guid orderId, decimal amount, string customerId) =>
        new(orderId.ToString(), amount, orderId.ToString(), customerId);

    /// <summary>Decides what a TakePayment leads to.</summary>
    /// <param name="earlier">The payment of the order; null if there is none yet.</param>
    public static PaymentDecision Take(TakePayment command, PaymentIntent? earlier) =>
        earlier is null ? new(Intend(command), null) : new(null, earlier.AnswerAgain());

    /// <summary>
    /// Decides what a RefundPayment leads to. If it overtakes its own TakePayment, it leaves a tombstone, so that the late command has no
    /// effect.
    /// </summary>
    /// <param name="earlier">The payment of the order; null if there is none yet.</param>
    public static PaymentDecision Refund(RefundPayment command, PaymentIntent? earlier)
    {
        var payment = earlier ?? Tombstone(command.OrderId);
        return new(earlier is null ? payment : null, payment.GiveBack());
    }

    public static PaymentIntent Intend(TakePayment request) => new()
    {
        OrderId = request.OrderId,
        CustomerId = request.CustomerId,
        Amount = request.Amount,
        Token = request.Token,
        State = PaymentState.Pending,
        NextAttemptAt = _atOnce,
    };

    /// <summary>Puts later attempts into the current trace.</summary>
    public void BelongsTo(Activity? trace) => TraceParent = trace?.Id;

    /// <summary>A tombstone for an order that was given up before its TakePayment arrived, so that nothing is ever taken.</summary>
    public static PaymentIntent Tombstone(Guid orderId) => new() { OrderId = orderId, State = PaymentState.Voided };

    /// <summary>The answer to a TakePayment that was there before.</summary>
    public PaymentEvent? AnswerAgain() => State switch
    {
        PaymentState.Taken => new PaymentTaken(OrderId),
        PaymentState.Declined => new PaymentDeclined(OrderId, DeclineCode!),
        _ => null,
    };

    /// <summary>The order is given up. Money that was taken goes back. If that is unknown, the worker finds out.</summary>
    public PaymentEvent? GiveBack()
    {
        switch (State)
        {
            case PaymentState.Pending when Attempts == 0:
                return Void();
            case PaymentState.Pending:
                Become(PaymentState.Voiding, InDoubt ? NextAttemptAt : _atOnce);
                return null;
            case PaymentState.Taken:
                Become(PaymentState.Refunding, _atOnce);
                return null;
            case PaymentState.Refunded:
                return new PaymentRefunded(OrderId, RefundedAmount);
            case PaymentState.Declined or PaymentState.Voided:
                return Nothing();
            default:
                return null;
        }
    }

    /// <summary>
    /// An attempt begins. <see cref="PaymentLeases"/> does the same in SQL, for many payments at once; a test compares
    /// the two.
    /// </summary>
    /// <param name="now">By the database's clock.</param>
    /// <param name="lease">After which another replica may begin the next attempt.</param>
    public void BeginAttempt(DateTimeOffset now, TimeSpan lease)
    {
        Attempts++;
        InDoubt |= State == PaymentState.Pending;
        ChargedAt = State == PaymentState.Pending ? now : ChargedAt;
        OpenSince ??= now;
        NextAttemptAt = now + lease;
    }

    /// <summary>True if no charge of an earlier attempt should be under way any more.</summary>
    /// <param name="settling">How long a charge may be under way.</param>
    public bool IsSettled(DateTimeOffset now, TimeSpan settling) => !InDoubt || ChargedAt < now - settling;

    /// <summary>Applies an answer of the payment provider to a charge, a refund or a question.</summary>
    /// <param name="settled">True if no charge of an earlier attempt should be under way any more.</param>
    /// <param name="attempt">
    /// The attempt that got the answer, as a fencing token. "Nothing was done" does not count for an attempt that another replica has taken
    /// over: the process may have slept while the other one charged.
    /// </param>
    public PaymentEvent? Learn(ChargeAnswer answer, bool settled, int attempt)
    {
        switch (answer)
        {
            case ChargeAnswer.Succeeded charge:
                InDoubt = false;
                return Charged(charge);
            case ChargeAnswer.Declined(var code):
                InDoubt = false;
                return Refused(code);
            case ChargeAnswer.NotFound or ChargeAnswer.NotDone when attempt == Attempts:
                InDoubt = !settled;
                return State == PaymentState.Voiding && settled ? Void() : null;
            default:
                return null;
        }
    }

    /// <summary>Schedules the next attempt or, for a payment that was given up, the next question to the ledger.</summary>
    public void TryAgain(DateTimeOffset at) => NextAttemptAt = at;

    /// <inheritdoc cref="LookAgainAt"/>
    public void LookAgain(DateTimeOffset? at) => LookAgainAt = at;

    // The ledger decides about money that the shop has or had. This includes a charge that lands long after its order was given up, and
    // money that somebody else gave back.
    PaymentEvent? Charged(ChargeAnswer.Succeeded charge)
    {
        ChargeId ??= charge.ChargeId;
        RefundedAmount = Math.Max(RefundedAmount, charge.Refunded);
        LookAgainAt = null;
        switch (State)
        {
            case PaymentState.Refunded:
                return null;
            case var _ when RefundedAmount == Amount:
                Become(PaymentState.Refunded, null);
                return new PaymentRefunded(OrderId, Amount);
            case PaymentState.Pending:
                Become(PaymentState.Taken, null);
                return new PaymentTaken(OrderId);
            case PaymentState.Voiding or PaymentState.Voided or PaymentState.Declined:
                Become(PaymentState.Refunding, _atOnce);
                return null;
            default:
                return null;
        }
    }

    PaymentEvent? Refused(string code)
    {
        LookAgainAt = null;
        switch (State)
        {
            case PaymentState.Pending:
                DeclineCode = code;
                Become(PaymentState.Declined, null);
                return new PaymentDeclined(OrderId, code);
            case PaymentState.Voiding:
                return Void();
            default:
                return null;
        }
    }

    PaymentEvent Void()
    {
        Become(PaymentState.Voided, null);
        return Nothing();
    }

    void Become(PaymentState state, DateTimeOffset? nextAttemptAt) => (State, NextAttemptAt, OpenSince) = (state, nextAttemptAt, null);

    PaymentRefunded Nothing() => new(OrderId, 0);
}
