using Shop.Contracts.Payment;
using Shop.Payment.Provider;
using Shop.Payment.Payments;

namespace Shop.Payment.Tests.Rules;

/// <summary>Every state of a payment against everything that can happen to it. An outcome is never guessed.</summary>
public sealed class PaymentTests
{
    static readonly Guid _order = Guid.CreateVersion7();
    static readonly ChargeAnswer _succeeded = new ChargeAnswer.Succeeded("ch_1");
    static readonly ChargeAnswer _declined = new ChargeAnswer.Declined("card_declined");
    static readonly ChargeAnswer _givenBack = new ChargeAnswer.Succeeded("ch_1", 25m);
    static readonly ChargeAnswer _notFound = new ChargeAnswer.NotFound();
    static readonly ChargeAnswer _notDone = new ChargeAnswer.NotDone("answered 503");
    static readonly ChargeAnswer _unknown = new ChargeAnswer.Unknown("no answer");

    [Fact]
    public void A_charge_that_succeeds_is_announced_once()
    {
        var payment = Intended();

        Assert.Equal(new PaymentTaken(_order), payment.Learn(_succeeded, settled: true, attempt: payment.Attempts));
        Assert.Null(payment.Learn(_succeeded, settled: true, attempt: payment.Attempts));

        Assert.Equal(PaymentState.Taken, payment.State);
        Assert.Null(payment.NextAttemptAt);
    }

    [Fact]
    public void A_declined_charge_ends_the_payment()
    {
        var payment = Intended();

        Assert.Equal(new PaymentDeclined(_order, "card_declined"), payment.Learn(_declined, settled: true, attempt: payment.Attempts));

        Assert.Equal(PaymentState.Declined, payment.State);
        Assert.Null(payment.NextAttemptAt);
    }

    [Fact]
    public void An_unknown_outcome_is_announced_to_nobody_and_asked_about_again()
    {
        var payment = Intended();

        Assert.Null(payment.Learn(_unknown, settled: false, attempt: payment.Attempts));

        Assert.Equal(PaymentState.Pending, payment.State);
        Assert.NotNull(payment.NextAttemptAt);
    }

    [Fact]
    public void A_repeated_command_gets_the_known_outcome_again_and_nothing_before_there_is_one()
    {
        var payment = Intended();
        Assert.Null(payment.AnswerAgain());

        payment.Learn(_succeeded, settled: true, attempt: payment.Attempts);
        Assert.Equal(new PaymentTaken(_order), payment.AnswerAgain());
    }

    [Fact]
    public void An_order_given_up_before_the_first_attempt_costs_nothing()
    {
        var payment = Intended();

        Assert.Equal(new PaymentRefunded(_order, 0), payment.GiveBack());

        Assert.Equal(PaymentState.Voided, payment.State);
        Assert.Null(payment.NextAttemptAt);
    }

    [Fact]
    public void A_refund_that_overtakes_its_charge_leaves_a_tombstone()
    {
        var payment = PaymentIntent.Tombstone(_order);

        Assert.Equal(new PaymentRefunded(_order, 0), payment.GiveBack());
        Assert.Null(payment.AnswerAgain());
        Assert.Equal(PaymentState.Voided, payment.State);
    }

    [Fact]
    public void A_taken_payment_is_given_back_and_announced_when_the_provider_has_done_it()
    {
        var payment = Intended();
        payment.Learn(_succeeded, settled: true, attempt: payment.Attempts);

        Assert.Null(payment.GiveBack());
        Assert.Equal(PaymentState.Refunding, payment.State);
        Assert.Null(payment.GiveBack());

        Assert.Null(Learn(payment, _succeeded));
        Assert.Equal(new PaymentRefunded(_order, 25m), Learn(payment, _givenBack));
        Assert.Null(Learn(payment, _givenBack));
        Assert.Equal(new PaymentRefunded(_order, 25m), payment.GiveBack());
        Assert.Equal((PaymentState.Refunded, 25m), (payment.State, payment.RefundedAmount));
    }

    [Fact]
    public void Giving_back_a_declined_payment_gives_back_nothing()
    {
        var payment = Intended();
        payment.Learn(_declined, settled: true, attempt: payment.Attempts);

        Assert.Equal(new PaymentRefunded(_order, 0), payment.GiveBack());
        Assert.Equal(PaymentState.Declined, payment.State);
    }

    [Fact]
    public void A_charge_that_lands_on_an_order_that_is_off_goes_back()
    {
        var payment = Attempted();
        Assert.Null(payment.GiveBack());
        Assert.Equal(PaymentState.Voiding, payment.State);

        Assert.Null(payment.Learn(_succeeded, settled: false, attempt: payment.Attempts));

        Assert.Equal(PaymentState.Refunding, payment.State);
        Assert.Equal(new PaymentRefunded(_order, 25m), Learn(payment, _givenBack));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Not_finding_a_charge_means_there_is_none_only_when_none_can_be_under_way(bool settled)
    {
        var payment = Attempted();
        payment.GiveBack();

        var announced = payment.Learn(_notFound, settled, payment.Attempts);

        Assert.Equal(settled ? (PaymentEvent)new PaymentRefunded(_order, 0) : null, announced);
        Assert.Equal(settled ? PaymentState.Voided : PaymentState.Voiding, payment.State);
    }

    [Fact]
    public void A_charge_that_lands_after_it_was_given_up_for_not_made_still_goes_back()
    {
        var payment = Attempted();
        payment.GiveBack();
        payment.Learn(_notFound, settled: true, attempt: payment.Attempts);

        Assert.Null(payment.Learn(_succeeded, settled: true, attempt: payment.Attempts));

        Assert.Equal(PaymentState.Refunding, payment.State);
    }

    [Fact]
    public void A_voiding_payment_the_provider_declined_is_over()
    {
        var payment = Attempted();
        payment.GiveBack();

        Assert.Equal(new PaymentRefunded(_order, 0), payment.Learn(_declined, settled: false, attempt: payment.Attempts));
        Assert.Equal(PaymentState.Voided, payment.State);
    }

    [Fact]
    public void That_nothing_was_done_is_not_believed_of_an_attempt_somebody_else_has_taken_over()
    {
        var payment = Attempted();
        var sleeping = payment.Attempts;
        typeof(PaymentIntent).GetProperty(nameof(payment.Attempts))!.SetValue(payment, sleeping + 1);
        payment.GiveBack();

        Assert.Null(payment.Learn(_notDone, settled: true, attempt: sleeping));
        Assert.Equal(PaymentState.Voiding, payment.State);
        Assert.Null(payment.Learn(_succeeded, settled: true, attempt: sleeping + 1));
        Assert.Equal(PaymentState.Refunding, payment.State);
    }

    [Fact]
    public void Money_that_went_back_before_the_charge_was_heard_of_is_no_payment()
    {
        var payment = Attempted();

        Assert.Equal(new PaymentRefunded(_order, 25m), Learn(payment, _givenBack));

        Assert.Equal((PaymentState.Refunded, 25m), (payment.State, payment.RefundedAmount));
        Assert.Null(payment.NextAttemptAt);
    }

    [Fact]
    public void Money_of_a_taken_payment_that_went_back_from_outside_is_announced_once()
    {
        var payment = Intended();
        Learn(payment, _succeeded);

        Assert.Equal(new PaymentRefunded(_order, 25m), Learn(payment, _givenBack));

        Assert.Null(Learn(payment, _givenBack));
        Assert.Equal(PaymentState.Refunded, payment.State);
    }

    [Fact]
    public void Money_of_a_taken_payment_that_went_back_in_part_is_remembered_and_leaves_it_taken()
    {
        var payment = Intended();
        Learn(payment, _succeeded);

        Assert.Null(Learn(payment, new ChargeAnswer.Succeeded("ch_1", 10m)));

        Assert.Equal((PaymentState.Taken, 10m), (payment.State, payment.RefundedAmount));
    }

    [Fact]
    public void A_charge_that_the_ledger_has_of_a_declined_payment_goes_back()
    {
        var payment = Intended();
        Learn(payment, _declined);

        Assert.Null(Learn(payment, _succeeded));

        Assert.Equal(PaymentState.Refunding, payment.State);
    }

    [Fact]
    public void A_decline_that_comes_after_the_money_was_taken_changes_nothing()
    {
        var payment = Intended();
        Learn(payment, _succeeded);

        Assert.Null(Learn(payment, _declined));

        Assert.Equal(PaymentState.Taken, payment.State);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 60)]
    [InlineData(59, 60)]
    [InlineData(60, 1_440)]
    [InlineData(1_440, null)]
    public void What_was_given_up_on_silence_is_asked_about_again_later(int minutesSinceCharge, int? nextLookMinutes)
    {
        var chargedAt = DateTimeOffset.UnixEpoch;

        var next = new PaymentOptions().NextLook(chargedAt, chargedAt.AddMinutes(minutesSinceCharge));

        Assert.Equal(nextLookMinutes, (next - chargedAt)?.TotalMinutes);
    }

    static PaymentEvent? Learn(PaymentIntent payment, ChargeAnswer answer) =>
        payment.Learn(answer, settled: true, payment.Attempts);

    static PaymentIntent Intended() =>
        PaymentIntent.Intend(new(_order, 25m, "tok_visa", "alice"));

    // The payment after a lease: an attempt has been made, or is about to be.
    static PaymentIntent Attempted()
    {
        var payment = Intended();
        typeof(PaymentIntent).GetProperty(nameof(payment.Attempts))!.SetValue(payment, 1);
        typeof(PaymentIntent).GetProperty(nameof(payment.InDoubt))!.SetValue(payment, true);
        return payment;
    }
}
