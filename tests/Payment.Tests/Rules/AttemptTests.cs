using Shop.Contracts.Payment;
using Shop.Payment.Payments;
using Shop.Payment.Provider;

namespace Shop.Payment.Tests.Rules;

/// <summary>What a command makes of a payment, and what an attempt leaves behind for the next one.</summary>
public sealed class AttemptTests
{
    static readonly TakePayment _take = new(Guid.CreateVersion7(), 25m, "tok_visa", "alice");
    static readonly DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    static readonly TimeSpan _lease = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_TakePayment_creates_an_intent_that_is_due_at_once()
    {
        var (created, announced) = PaymentIntent.Take(_take, earlier: null);

        Assert.Null(announced);
        Assert.NotNull(created);
        Assert.Equal(
            (_take.OrderId, _take.Amount, _take.Token, _take.CustomerId, PaymentState.Pending, DateTimeOffset.MinValue),
            (created.OrderId, created.Amount, created.Token, created.CustomerId, created.State, created.NextAttemptAt!.Value));
    }

    [Fact]
    public void A_repeated_TakePayment_creates_nothing_and_is_answered()
    {
        var payment = PaymentIntent.Intend(_take);
        Learn(payment, new ChargeAnswer.Declined("insufficient_funds"));

        Assert.Equal(new(null, new PaymentDeclined(_take.OrderId, "insufficient_funds")), PaymentIntent.Take(_take, payment));
    }

    [Fact]
    public void A_RefundPayment_without_a_payment_creates_a_tombstone_and_is_answered()
    {
        var (created, announced) = PaymentIntent.Refund(new(_take.OrderId), earlier: null);

        Assert.Equal(new PaymentRefunded(_take.OrderId, 0), announced);
        Assert.NotNull(created);
        Assert.Equal((_take.OrderId, PaymentState.Voided), (created.OrderId, created.State));
        Assert.Null(created.NextAttemptAt);
    }

    [Fact]
    public void A_RefundPayment_of_a_payment_creates_nothing()
    {
        var payment = PaymentIntent.Intend(_take);

        Assert.Equal(new(null, new PaymentRefunded(_take.OrderId, 0)), PaymentIntent.Refund(new(_take.OrderId), payment));
        Assert.Equal(PaymentState.Voided, payment.State);
    }

    [Fact]
    public void An_attempt_to_charge_is_in_doubt_until_its_answer()
    {
        var payment = PaymentIntent.Intend(_take);

        payment.BeginAttempt(_now, _lease);

        Assert.Equal((1, true), (payment.Attempts, payment.InDoubt));
        Assert.Equal((_now, _now, _now + _lease), (payment.ChargedAt, payment.OpenSince, payment.NextAttemptAt));
        Learn(payment, new ChargeAnswer.Succeeded("ch_1"));
        Assert.False(payment.InDoubt);
    }

    [Fact]
    public void A_later_attempt_counts_from_its_own_charge_and_is_open_since_the_first()
    {
        var payment = PaymentIntent.Intend(_take);
        payment.BeginAttempt(_now, _lease);

        payment.BeginAttempt(_now + _lease, _lease);

        Assert.Equal((2, true), (payment.Attempts, payment.InDoubt));
        Assert.Equal((_now + _lease, _now), (payment.ChargedAt, payment.OpenSince));
        Assert.Equal(_now + (2 * _lease), payment.NextAttemptAt);
    }

    [Fact]
    public void An_attempt_to_find_out_or_to_refund_sends_no_charge()
    {
        var payment = PaymentIntent.Intend(_take);
        payment.BeginAttempt(_now, _lease);
        Learn(payment, new ChargeAnswer.NotDone("answered 503"));
        payment.GiveBack();

        payment.BeginAttempt(_now + _lease, _lease);

        Assert.Equal((PaymentState.Voiding, false, _now), (payment.State, payment.InDoubt, payment.ChargedAt));
    }

    [Theory]
    [InlineData(60, false)]
    [InlineData(61, true)]
    [InlineData(0, false)]
    public void A_charge_in_doubt_is_settled_when_its_time_has_passed(int secondsSinceCharge, bool settled)
    {
        var payment = PaymentIntent.Intend(_take);
        payment.BeginAttempt(_now, _lease);

        Assert.Equal(settled, payment.IsSettled(_now.AddSeconds(secondsSinceCharge), TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_payment_without_a_charge_in_doubt_is_settled() =>
        Assert.True(PaymentIntent.Intend(_take).IsSettled(_now, TimeSpan.FromSeconds(60)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_payment_that_is_given_up_has_under_way_is_waited_for(bool inDoubt)
    {
        var payment = PaymentIntent.Intend(_take);
        payment.BeginAttempt(_now, _lease);
        payment.Learn(new ChargeAnswer.NotFound(), settled: !inDoubt, attempt: 1);

        payment.GiveBack();

        Assert.Equal((PaymentState.Voiding, inDoubt), (payment.State, payment.InDoubt));
        Assert.Equal(inDoubt ? _now + _lease : DateTimeOffset.MinValue, payment.NextAttemptAt);
    }

    [Fact]
    public void A_decline_ends_the_doubt()
    {
        var payment = PaymentIntent.Intend(_take);
        payment.BeginAttempt(_now, _lease);

        Learn(payment, new ChargeAnswer.Declined("card_declined"));

        Assert.False(payment.InDoubt);
    }

    [Fact]
    public void A_payment_keeps_the_id_of_its_first_charge()
    {
        var payment = PaymentIntent.Intend(_take);
        Learn(payment, new ChargeAnswer.Succeeded("ch_1"));

        Learn(payment, new ChargeAnswer.Succeeded("ch_2"));

        Assert.Equal("ch_1", payment.ChargeId);
    }

    static void Learn(PaymentIntent payment, ChargeAnswer answer) => payment.Learn(answer, settled: true, payment.Attempts);
}
