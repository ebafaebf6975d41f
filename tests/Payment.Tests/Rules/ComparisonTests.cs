using Shop.Payment.Payments;
using Shop.Payment.Provider;
using Shop.Payment.Reconciliation;

namespace Shop.Payment.Tests.Rules;

/// <summary>
/// Whether a charge in the ledger is what its payment says. The sweep comes by each change once, so a change that may yet be missed must
/// be a difference: it is asked about again until there is none.
/// </summary>
public sealed class ComparisonTests
{
    static readonly Guid _order = Guid.CreateVersion7();

    [Theory]
    [InlineData("succeeded", 0)]
    [InlineData("declined", 0)]
    public void A_payment_at_work_finds_out_about_its_charge_by_itself(string status, int refunded) =>
        Assert.Null(Comparison.Of(Charge(status, refunded), AtWork()));

    [Theory]
    [InlineData("refunded", 25)]
    [InlineData("succeeded", 10)]
    public void A_refund_of_a_payment_at_work_is_asked_about_again_because_the_answer_under_way_may_be_older(string status, int refunded)
    {
        var payment = AtWork();
        Assert.NotNull(Comparison.Of(Charge(status, refunded), payment));

        // The answer was given before the refund.
        payment.Learn(new ChargeAnswer.Succeeded("ch_1"), settled: true, attempt: 1);

        Assert.NotNull(Comparison.Of(Charge(status, refunded), payment));
        Assert.True(Comparison.IsNews(Charge(status, refunded), payment));
    }

    [Fact]
    public void A_payment_and_its_charge_agree()
    {
        var (taken, refunded, declined) = (AtWork(), AtWork(), AtWork());
        taken.Learn(new ChargeAnswer.Succeeded("ch_1"), settled: true, attempt: 1);
        refunded.Learn(new ChargeAnswer.Succeeded("ch_1", 25m), settled: true, attempt: 1);
        declined.Learn(new ChargeAnswer.Declined("card_declined"), settled: true, attempt: 1);

        Assert.Null(Comparison.Of(Charge("succeeded"), taken));
        Assert.Null(Comparison.Of(Charge("refunded", 25), refunded));
        Assert.Null(Comparison.Of(Charge("declined"), declined));
    }

    [Fact]
    public void A_charge_without_a_payment_or_beside_that_of_the_payment_is_a_difference_while_money_is_kept()
    {
        var taken = AtWork();
        taken.Learn(new ChargeAnswer.Succeeded("ch_1"), settled: true, attempt: 1);
        var second = Charge("succeeded") with { Id = "ch_2" };

        Assert.NotNull(Comparison.Of(second, payment: null));
        Assert.NotNull(Comparison.Of(second, taken));
        Assert.Null(Comparison.Of(second with { Status = "refunded", Refunded = 25m }, taken));
    }

    static PaymentIntent AtWork()
    {
        var payment = PaymentIntent.Intend(new(_order, 25m, "tok_visa", "alice"));
        payment.BeginAttempt(DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(15));
        return payment;
    }

    static ReplyBody.Charge Charge(string status, int refunded = 0) => new("ch_1", $"{_order}", 25m, refunded, status);
}
