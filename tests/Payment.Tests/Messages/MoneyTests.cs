using Shop.Contracts.Payment;
using Shop.Support;

namespace Shop.Payment.Tests.Messages;

/// <summary>The payment provider's ledger decides: no order is charged twice, and the shop keeps only money that it is owed.</summary>
[Collection<OneProvider>]
public sealed class MoneyTests(TwoReplicas two)
{
    const string Amount = "25.00";
    const string Nothing = "0.00";

    readonly PaymentScenario _payments = two.Payments;

    [Fact]
    public async Task Each_payment_token_ends_as_documented_with_at_most_one_charge()
    {
        string[] paying = ["tok_visa", "tok_flaky", "tok_slow", "tok_timeout"];
        string[] declining = ["tok_declined", "tok_insufficient_funds"];
        var taken = paying.Select(token => PaymentScenario.Take(token)).ToArray();
        var declined = declining.Select(token => PaymentScenario.Take(token)).ToArray();
        var outage = PaymentScenario.Take("tok_outage");

        foreach (var command in taken.Concat(declined).Append(outage))
        {
            await _payments.Send(command);
            // The same again, as another message.
            await _payments.Send(command);
        }

        await PaymentScenario.WaitForEvents(_payments.Taken, [.. taken.Select(command => command.OrderId)]);
        await PaymentScenario.WaitForEvents(_payments.Declined, [.. declined.Select(command => command.OrderId)]);
        foreach (var command in taken)
        {
            Assert.Equal([(Amount, Nothing, "succeeded")], await _payments.Ledger(command.OrderId));
        }

        Assert.Equal(
            ["card_declined", "insufficient_funds"],
            _payments.Declined.Select(told => PaymentScenario.Body(told).GetProperty("code").GetString()).Distinct().Order());
        Assert.Empty(await _payments.Ledger(outage.OrderId));
        Assert.Equal("Pending", await _payments.StateOf(outage.OrderId));
        await _payments.Send(new RefundPayment(outage.OrderId));
        await PaymentScenario.WaitForEvents(_payments.Refunded, outage.OrderId);
        Assert.Equal("Voided", await _payments.StateOf(outage.OrderId));
    }

    [Fact]
    public async Task A_refund_gives_back_what_was_taken_once()
    {
        var command = PaymentScenario.Take("tok_visa");
        await _payments.Send(command);
        await PaymentScenario.WaitForEvents(_payments.Taken, command.OrderId);

        await _payments.Send(new RefundPayment(command.OrderId));
        await PaymentScenario.WaitForEvents(_payments.Refunded, command.OrderId);
        await _payments.Send(new RefundPayment(command.OrderId));
        var answers = await Wait.Until(
            () => Task.FromResult(_payments.Refunded.Where(told => PaymentScenario.OrderOf(told) == command.OrderId).ToArray()),
            told => told.Length == 2,
            "an answer to the second command, too");

        Assert.All(answers, told => Assert.Equal(25, PaymentScenario.Body(told).GetProperty("amount").GetDecimal()));
        Assert.Equal([(Amount, Amount, "refunded")], await _payments.Ledger(command.OrderId));
    }

    [Fact]
    public async Task A_refund_that_overtakes_its_payment_leaves_nothing_to_take()
    {
        var (late, next) = (PaymentScenario.Take("tok_visa"), PaymentScenario.Take("tok_visa"));

        await _payments.Send(new RefundPayment(late.OrderId));
        await PaymentScenario.WaitForEvents(_payments.Refunded, late.OrderId);
        await _payments.Send(late);
        await _payments.Send(next);
        await PaymentScenario.WaitForEvents(_payments.Taken, next.OrderId);

        Assert.DoesNotContain(late.OrderId, _payments.Taken.Select(PaymentScenario.OrderOf));
        Assert.Empty(await _payments.Ledger(late.OrderId));
    }

    [Fact]
    public async Task A_refund_of_a_charge_nobody_has_an_answer_to_finds_out_and_gives_it_back()
    {
        var command = PaymentScenario.Take("tok_timeout");
        await _payments.Send(command);
        await Wait.Until(
            async () => (await _payments.Ledger(command.OrderId)).Count, charges => charges == 1, "a charge without an answer");

        await _payments.Send(new RefundPayment(command.OrderId));

        await PaymentScenario.WaitForEvents(_payments.Refunded, command.OrderId);
        Assert.Equal([(Amount, Amount, "refunded")], await _payments.Ledger(command.OrderId));
    }

    [Fact]
    public async Task While_the_payment_provider_is_away_payments_wait_and_go_through_when_it_is_back()
    {
        await _payments.Misbehave(new { outage = true });
        var commands = Enumerable.Range(0, 30).Select(_ => PaymentScenario.Take("tok_visa")).ToArray();
        foreach (var command in commands)
        {
            await _payments.Send(command);
        }

        await Wait.Until(() => _payments.AttemptsOf(commands[^1].OrderId), attempts => attempts >= 2, "a second attempt");
        Assert.Empty(_payments.Taken.Select(PaymentScenario.OrderOf).Intersect(commands.Select(command => command.OrderId)));
        await _payments.Misbehave(new { outage = false });

        await PaymentScenario.WaitForEvents(_payments.Taken, [.. commands.Select(command => command.OrderId)]);
        foreach (var command in commands)
        {
            Assert.Equal([(Amount, Nothing, "succeeded")], await _payments.Ledger(command.OrderId));
        }
    }
}
