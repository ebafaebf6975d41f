using Shop.Support;

namespace Shop.Payment.Tests.Failures;

/// <summary>A process dies or sleeps while the money moves. The replica that takes over asks before it charges.</summary>
public sealed class CrashTests(TestServers servers)
{
    const string Amount = "25.00";
    const string Nothing = "0.00";

    [Fact]
    public async Task A_process_killed_while_the_money_moves_is_followed_by_one_that_asks()
    {
        await using var payments = await PaymentScenario.Open(
            servers, ("CardNetwork__AnswerTimeLimit", "00:00:05"), ("Payments__LeaseTime", "00:00:06"),
            ("Payments__SettlingTime", "00:00:11"));
        var victim = await payments.StartReplica();
        var command = PaymentScenario.Take("tok_timeout");
        await payments.Send(command);
        await Wait.Until(
            async () => (await payments.Ledger(command.OrderId)).Count, charges => charges == 1, "the charge that nobody has heard of");

        victim.Kill();
        Assert.Empty(payments.Taken);
        await payments.StartReplica();

        await PaymentScenario.WaitForEvents(payments.Taken, command.OrderId);
        Assert.Equal([(Amount, Nothing, "succeeded")], await payments.Ledger(command.OrderId));
        Assert.Single(payments.Taken);
    }

    [Fact]
    public async Task A_process_that_wakes_up_past_its_lease_does_not_charge_again()
    {
        await using var payments = await PaymentScenario.Open(
            servers, ("Payments__LeaseTime", "00:00:02"), ("Payments__SettlingTime", "00:00:03"),
            ("CardNetwork__AnswerTimeLimit", "00:00:01"));
        var sleeper = await payments.StartReplica();
        await payments.Misbehave(new { latencyMilliseconds = 700 });
        var command = PaymentScenario.Take("tok_visa");
        await payments.Send(command);
        await Wait.Until(() => payments.AttemptsOf(command.OrderId), attempts => attempts == 1, "a call under way");
        sleeper.Freeze();

        await payments.StartReplica();
        await PaymentScenario.WaitForEvents(payments.Taken, command.OrderId);
        sleeper.Resume();
        // Later payments also go through the replica that woke up, so its earlier work is finished when they are.
        await payments.Misbehave(new { latencyMilliseconds = 0 });
        var later = Enumerable.Range(0, 40).Select(_ => PaymentScenario.Take("tok_visa")).ToArray();
        foreach (var next in later)
        {
            await payments.Send(next);
        }

        await PaymentScenario.WaitForEvents(payments.Taken, [.. later.Select(next => next.OrderId)]);
        Assert.Equal([(Amount, Nothing, "succeeded")], await payments.Ledger(command.OrderId));
        Assert.Single(payments.Taken, told => PaymentScenario.OrderOf(told) == command.OrderId);
        Assert.True(await sleeper.Stop());
    }
}
