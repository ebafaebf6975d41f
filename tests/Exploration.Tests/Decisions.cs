using System.Reflection;
using Shop.Contracts.Payment;
using Shop.Inventory.Products;
using Shop.Inventory.Reservations;
using Shop.Payment.Provider;
using Shop.Payment.Payments;
using Shop.Payment.Reconciliation;

namespace Shop.Exploration.Tests;

/// <summary>The production decisions, applied to explored states. A seeded bug overrides one of them.</summary>
class Decisions(SagaDecisions saga)
{
    const string Sku = "LAST-ONE";
    static readonly Guid _order = Guid.CreateVersion7();
    static readonly DateTimeOffset _later = DateTimeOffset.MaxValue;
    static readonly DateTimeOffset _leased = DateTimeOffset.UnixEpoch;
    static readonly TakePayment _take = new(_order, 99, "tok_visa", "alice");

    public virtual Task<SagaOutcome> Saga(SagaView before, Mail mail) => saga.On(before, mail);

    public virtual (ReservationState? After, IReadOnlyList<Mail> Sent) Reserve(ExploredState state, ReservationState? before)
    {
        var (products, earlier) = Products(state, before);
        var (made, answer) = Reservation.Reserve(new(_order, [new(Sku, 1)]), earlier, products);
        return (Put(state, products, made ?? earlier), Mails(answer?.Message));
    }

    public virtual (ReservationState? After, IReadOnlyList<Mail> Sent) Release(ExploredState state, ReservationState? before)
    {
        var (products, earlier) = Products(state, before);
        var (made, answer) = Reservation.Release(new(_order), earlier, products);
        return (Put(state, products, made ?? earlier), Mails(answer?.Message));
    }

    public static (ReservationState? After, IReadOnlyList<Mail> Sent) Sell(ExploredState state, ReservationState before)
    {
        var (products, reservation) = Products(state, before);
        var missing = reservation!.Sell(products);
        return (Put(state, products, reservation), missing is [] ? [] : [Mail.SaleRejected]);
    }

    public static ReservationState? Expire(ExploredState state, ReservationState before)
    {
        var (products, reservation) = Products(state, before);
        reservation!.Expire(products);
        return Put(state, products, reservation);
    }

    public virtual (PaymentView After, IReadOnlyList<Mail> Sent) Take(PaymentView? before)
    {
        var earlier = Restore(before);
        var (made, answer) = PaymentIntent.Take(_take, earlier);
        return (View(made ?? earlier!), Mails(answer?.Message));
    }

    public static (PaymentView After, IReadOnlyList<Mail> Sent) Refund(PaymentView? before)
    {
        var earlier = Restore(before);
        var (made, answer) = PaymentIntent.Refund(new(_order), earlier);
        return (View(made ?? earlier!), Mails(answer?.Message));
    }

    /// <summary>The payment after a lease. Attempts are counted up to two, because the third is like the second.</summary>
    public static PaymentView BeginAttempt(PaymentView before)
    {
        var payment = Restore(before)!;
        payment.BeginAttempt(_leased, TimeSpan.FromSeconds(1));
        var after = View(payment);
        return after with { Attempts = Math.Min(after.Attempts, 2) };
    }

    /// <summary>The payment after the worker has recorded an attempt.</summary>
    public virtual (PaymentView After, IReadOnlyList<Mail> Sent) Record(PaymentView before, Attempt attempt)
    {
        var payment = Restore(before)!;
        ChargeAnswer answer = attempt.Phase switch
        {
            Phase.Succeeded => new ChargeAnswer.Succeeded("ch_1"),
            Phase.Refunded => new ChargeAnswer.Succeeded("ch_1", 99),
            Phase.Declined => new ChargeAnswer.Declined("card_declined"),
            Phase.NotFound => new ChargeAnswer.NotFound(),
            Phase.NotDone => new ChargeAnswer.NotDone("answered 503"),
            _ => new ChargeAnswer.Unknown("no answer"),
        };
        var outcome = payment.Learn(answer, attempt.IsSettled, attempt.IsLatest ? payment.Attempts : payment.Attempts - 1);
        var after = View(payment);
        // A payment that is not done yet gets another attempt after a pause.
        return (after with { Next = after.Next == Next.Never ? Next.Never : Next.Due }, Mails(outcome?.Message));
    }

    /// <summary>The payment after reconciliation with the ledger.</summary>
    public virtual (PaymentView After, IReadOnlyList<Mail> Sent) Reconcile(PaymentView before, Ledger ledger)
    {
        var payment = Restore(before)!;
        var charge = new ReplyBody.Charge(
            "ch_1",
            _order.ToString(),
            99,
            ledger == Ledger.Refunded ? 99 : 0,
            ledger switch { Ledger.Declined => "declined", Ledger.Refunded => "refunded", _ => "succeeded" });
        var outcome = Comparison.IsNews(charge, payment)
            ? payment.Learn(Meanings.OfStatus(charge), settled: true, payment.Attempts)
            : null;
        return (View(payment), Mails(outcome?.Message));
    }

    protected static IReadOnlyList<Mail> Mails(object? message) =>
        message is null ? [] : [Enum.Parse<Mail>(message.GetType().Name)];

    protected static (Dictionary<string, Product> Products, Reservation? Reservation) Products(ExploredState all, ReservationState? state)
    {
        var product = new Product { Sku = Sku };
        product.Receive(all.Available + all.Held + all.Sold);
        product.Hold(all.Held + all.Sold);
        product.SellHeld(all.Sold);
        var products = new Dictionary<string, Product> { [Sku] = product };
        if (state is null)
        {
            return (products, null);
        }

        // Brings the reservation into its state with its own methods, on products of its own.
        var aside = new Product { Sku = Sku };
        aside.Receive(1);
        var asideProducts = new Dictionary<string, Product> { [Sku] = aside };
        var reservation = Reservation.Hold(_order, [new(Sku, 1)], asideProducts);
        switch (state)
        {
            case ReservationState.Sold:
                reservation.Sell(asideProducts);
                break;
            case ReservationState.Released:
                reservation.Release(asideProducts);
                break;
            case ReservationState.Expired:
                reservation.Expire(asideProducts);
                break;
            default:
                break;
        }

        return (products, reservation);
    }

    protected static ReservationState? Put(ExploredState state, Dictionary<string, Product> products, Reservation? reservation)
    {
        var product = products[Sku];
        (state.Available, state.Held, state.Sold) = ((int)product.Available, (int)product.Held, (int)product.Sold);
        return reservation?.State;
    }

    static PaymentIntent? Restore(PaymentView? view)
    {
        if (view is not { } known)
        {
            return null;
        }

        var payment = PaymentIntent.Intend(_take);
        Set(payment, nameof(PaymentIntent.State), known.State);
        Set(payment, nameof(PaymentIntent.InDoubt), known.InDoubt);
        Set(payment, nameof(PaymentIntent.Attempts), known.Attempts);
        Set(payment, nameof(PaymentIntent.ChargeId), known.HasCharge ? "ch_1" : null);
        Set(payment, nameof(PaymentIntent.RefundedAmount), known.State == PaymentState.Refunded ? 99m : 0m);
        Set(payment, nameof(PaymentIntent.DeclineCode), known.State == PaymentState.Declined ? "card_declined" : null);
        Set(payment, nameof(PaymentIntent.NextAttemptAt), known.Next switch
        {
            Next.Never => null,
            Next.Due => DateTimeOffset.MinValue,
            _ => (DateTimeOffset?)_later,
        });
        return payment;
    }

    static PaymentView View(PaymentIntent payment) => new(
        payment.State,
        payment.InDoubt,
        payment.Attempts,
        payment.ChargeId is not null,
        payment.NextAttemptAt is not { } next ? Next.Never : next == DateTimeOffset.MinValue ? Next.Due : Next.Leased);

    // EF Core does the same when it reads a row.
    static void Set(PaymentIntent payment, string property, object? value) =>
        typeof(PaymentIntent).GetProperty(property, BindingFlags.Instance | BindingFlags.Public)!.SetValue(payment, value);
}
