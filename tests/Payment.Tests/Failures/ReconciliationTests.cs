using Shop.Support;

namespace Shop.Payment.Tests.Failures;

/// <summary>The sweep over the payment provider's ledger comes by each change once, so it must not lose one on the way.</summary>
[Collection<OneProvider>]
public sealed class ReconciliationTests(TwoReplicas two)
{
    readonly PaymentScenario _payments = two.Payments;

    [Fact]
    public async Task A_change_about_which_the_provider_does_not_answer_is_asked_about_again()
    {
        var command = PaymentScenario.Take("tok_visa");
        await _payments.Send(command);
        await PaymentScenario.WaitForEvents(_payments.Taken, command.OrderId);
        await _payments.GiveBackAtTheConsole(command.OrderId);
        await _payments.Misbehave(new { questionErrorRate = 1.0 });

        await Wait.Until(() => _payments.SweptPast(command.OrderId), "a sweep that has come by the change");
        await _payments.Misbehave(new { });

        await PaymentScenario.WaitForEvents(_payments.Refunded, command.OrderId);
    }
}
