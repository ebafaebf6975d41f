using System.Reflection;
using Shop.Contracts.Payment;
using Shop.Inventory.Products;
using Shop.Inventory.Reservations;
using Shop.Payment.CardNetwork;
using Shop.Payment.Payments;
using Shop.Payment.Reconciliation;
using PaymentEntity = Shop.Payment.Payments.Payment;

namespace Shop.Exploration.Tests;

/// <summary>
/// The production decisions, asked about states of the explored world. A seeded bug overrides one of them.
/// </summary>
class Decisions(SagaDecisions saga)
{
    const string Sku = "LAST-ONE";
    static readonly Guid _order = Guid.CreateVersion7();
    static readonly DateTimeOffset _later = DateTimeOffset.MaxValue;
    static readonly TakePayment _take = new(_order, 99, "tok_visa", "alice");

    public virtual Task<SagaOutcome> Saga(SagaView before, Mail mail) => saga.On(before, mail);

    public virtual (ReservationState? After, IReadOnlyList<Mail> Sent) Reserve(World world, ReservationState? before)
    {
        var (shelf, earlier) = Shelf(world, before);
        var (made, announcement) = Reservation.Reserve(new(_order, [new(Sku, 1)]), earlier, shelf);
        return (Put(world, shelf, made ?? earlier), Mails(announcement));
    }

    public virtual (ReservationState? After, IReadOnlyList<Mail> Sent) Release(World world, ReservationState? before)
    {
        var (shelf, earlier) = Shelf(world, before);
        var (made, announcement) = Reservation.Release(new(_order), earlier, shelf);
        return (Put(world, shelf, made ?? earlier), Mails(announcement));
    }

    public static (ReservationState? After, IReadOnlyList<Mail> Sent) Sell(World world, ReservationState before)
    {
        var (shelf, reservation) = Shelf(world, before);
        var missing = reservation!.Sell(shelf);
        return (Put(world, shelf, reservation), missing is [] ? [] : [Mail.SaleRejected]);
    }

    public static ReservationState? Expire(World world, ReservationState before)
    {
        var (shelf, reservation) = Shelf(world, before);
        reservation!.Expire(shelf);
        return Put(world, shelf, reservation);
    }

    public virtual (PaymentView After, IReadOnlyList<Mail> Sent) Take(PaymentView? before)
    {
        var earlier = Restore(before);
        var (made, announcement) = PaymentEntity.Take(_take, earlier);
        return (View(made ?? earlier!), Mails(announcement));
    }

    public static (PaymentView After, IReadOnlyList<Mail> Sent) Refund(PaymentView? before)
    {
        var earlier = Restore(before);
        var (made, announcement) = PaymentEntity.Refund(new(_order), earlier);
        return (View(made ?? earlier!), Mails(announcement));
    }

    /// <summary>What the worker records of an attempt.</summary>
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
        var announcement = payment.Learn(answer, attempt.IsSettled, attempt.IsLatest ? payment.Attempts : payment.Attempts - 1);
        var after = View(payment);
        // Whatever is not done yet is looked at again after a pause.
        return (after with { Next = after.Next == Next.Never ? Next.Never : Next.Due }, Mails(announcement));
    }

    /// <summary>What reconciliation makes of what the ledger has.</summary>
    public virtual (PaymentView After, IReadOnlyList<Mail> Sent) Reconcile(PaymentView before, Ledger ledger)
    {
        var payment = Restore(before)!;
        var charge = new ReplyBody.Charge(
            "ch_1",
            _order.ToString(),
            99,
            ledger == Ledger.Refunded ? 99 : 0,
            ledger switch { Ledger.Declined => "declined", Ledger.Refunded => "refunded", _ => "succeeded" });
        var announcement = Comparison.IsNews(charge, payment)
            ? payment.Learn(Meanings.OfStatus(charge), settled: true, payment.Attempts)
            : null;
        return (View(payment), Mails(announcement));
    }

    protected static IReadOnlyList<Mail> Mails(object? announcement) =>
        announcement is null ? [] : [Enum.Parse<Mail>(announcement.GetType().Name)];

    protected static (Dictionary<string, Product> Shelf, Reservation? Reservation) Shelf(World world, ReservationState? state)
    {
        var product = new Product { Sku = Sku };
        product.Receive(world.Available + world.Held + world.Sold);
        product.Hold(world.Held + world.Sold);
        product.SellHeld(world.Sold);
        var shelf = new Dictionary<string, Product> { [Sku] = product };
        if (state is null)
        {
            return (shelf, null);
        }

        // The reservation's own way to its state, on a shelf of its own.
        var aside = new Product { Sku = Sku };
        aside.Receive(1);
        var asideShelf = new Dictionary<string, Product> { [Sku] = aside };
        var reservation = Reservation.Hold(_order, [new(Sku, 1)], asideShelf);
        switch (state)
        {
            case ReservationState.Sold:
                reservation.Sell(asideShelf);
                break;
            case ReservationState.Released:
                reservation.Release(asideShelf);
                break;
            case ReservationState.Expired:
                reservation.Expire(asideShelf);
                break;
            default:
                break;
        }

        return (shelf, reservation);
    }

    protected static ReservationState? Put(World world, Dictionary<string, Product> shelf, Reservation? reservation)
    {
        var product = shelf[Sku];
        (world.Available, world.Held, world.Sold) = ((int)product.Available, (int)product.Held, (int)product.Sold);
        return reservation?.State;
    }

    static PaymentEntity? Restore(PaymentView? view)
    {
        if (view is not { } known)
        {
            return null;
        }

        var payment = PaymentEntity.Intend(_take);
        Set(payment, nameof(PaymentEntity.State), known.State);
        Set(payment, nameof(PaymentEntity.InDoubt), known.InDoubt);
        Set(payment, nameof(PaymentEntity.Attempts), known.Attempts);
        Set(payment, nameof(PaymentEntity.ChargeId), known.HasCharge ? "ch_1" : null);
        Set(payment, nameof(PaymentEntity.RefundedAmount), known.State == PaymentState.Refunded ? 99m : 0m);
        Set(payment, nameof(PaymentEntity.DeclineCode), known.State == PaymentState.Declined ? "card_declined" : null);
        Set(payment, nameof(PaymentEntity.NextAttemptAt), known.Next switch
        {
            Next.Never => null,
            Next.Due => DateTimeOffset.MinValue,
            _ => (DateTimeOffset?)_later,
        });
        return payment;
    }

    static PaymentView View(PaymentEntity payment) => new(
        payment.State,
        payment.InDoubt,
        payment.Attempts,
        payment.ChargeId is not null,
        payment.NextAttemptAt is not { } next ? Next.Never : next == DateTimeOffset.MinValue ? Next.Due : Next.Leased);

    // As EF Core does when it reads a row.
    static void Set(PaymentEntity payment, string property, object? value) =>
        typeof(PaymentEntity).GetProperty(property, BindingFlags.Instance | BindingFlags.Public)!.SetValue(payment, value);
}
