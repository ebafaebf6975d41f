using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Shop.Contracts.Payment;
using Shop.Support;

namespace Shop.Payment.Tests.Failures;

/// <summary>
/// The payment provider misbehaves: it answers late or oddly, something else answers for it, and money moves
/// without us.
/// </summary>
[Collection<OneProvider>]
public sealed class HostileProviderTests(TestServers servers, TwoReplicas two)
{
    const string Amount = "25.00";
    const string Nothing = "0.00";

    readonly PaymentScenario _payments = two.Payments;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refund_of_what_somebody_else_gave_back_is_done()
    {
        var order = await Paid();
        await _payments.GiveBackAtTheConsole(order);

        await _payments.Send(new RefundPayment(order));

        await PaymentScenario.WaitForEvents(_payments.Refunded, order);
        Assert.Equal("Refunded", await _payments.StateOf(order));
        Assert.Equal([(Amount, Amount, "refunded")], await _payments.Ledger(order));
    }

    [Fact]
    public async Task A_refund_gives_back_what_somebody_else_has_left()
    {
        var order = await Paid();
        await _payments.GiveBackAtTheConsole(order, "10.00");

        await _payments.Send(new RefundPayment(order));

        await PaymentScenario.WaitForEvents(_payments.Refunded, order);
        Assert.Equal([(Amount, Amount, "refunded")], await _payments.Ledger(order));
    }

    [Fact]
    public async Task Money_that_goes_back_from_outside_is_found_and_announced()
    {
        var order = await Paid();

        await _payments.GiveBackAtTheConsole(order);

        await PaymentScenario.WaitForEvents(_payments.Refunded, order);
        Assert.Equal("Refunded", await _payments.StateOf(order));
    }

    [Fact]
    public async Task A_charge_that_lands_after_its_order_was_given_up_goes_back()
    {
        await _payments.Misbehave(new { lateRate = 1.0, lateMilliseconds = 15_000 });
        var command = PaymentScenario.Take("tok_visa");
        await _payments.Send(command);
        await Wait.Until(() => _payments.AttemptsOf(command.OrderId), attempts => attempts >= 1, "a charge that nobody hears of");
        await _payments.Send(new RefundPayment(command.OrderId));
        await PaymentScenario.WaitForEvents(_payments.Refunded, command.OrderId);
        await _payments.Misbehave(new { });
        Assert.Equal("Voided", await _payments.StateOf(command.OrderId));
        Assert.Empty(await _payments.Ledger(command.OrderId));

        await Wait.Until(
            async () => (await _payments.Ledger(command.OrderId)).SequenceEqual([(Amount, Amount, "refunded")]),
            "the late money given back");

        await Wait.Until(() => _payments.StateOf(command.OrderId), state => state == "Refunded", "a payment that knows of it");
    }

    [Theory]
    [InlineData("""{"keyExpired":true}""")]
    [InlineData("""{"keyInUseRate":1}""")]
    [InlineData("""{"proxyRate":1}""")]
    [InlineData("""{"strangeRate":1}""")]
    [InlineData("""{"brokenRate":1}""")]
    public async Task No_outcome_is_believed_while_nothing_that_is_said_means_anything(string faults)
    {
        await _payments.Misbehave(JsonSerializer.Deserialize<JsonElement>(faults));
        var (wanted, unwanted, declined) =
            (PaymentScenario.Take("tok_visa"), PaymentScenario.Take("tok_visa"), PaymentScenario.Take("tok_declined"));
        Guid[] all = [wanted.OrderId, unwanted.OrderId, declined.OrderId];
        foreach (var command in new[] { wanted, unwanted, declined })
        {
            await _payments.Send(command);
        }

        await Wait.Until(() => _payments.AttemptsOf(unwanted.OrderId), attempts => attempts >= 1, "an attempt");
        await _payments.Send(new RefundPayment(unwanted.OrderId));
        foreach (var order in all)
        {
            await Wait.Until(() => _payments.AttemptsOf(order), attempts => attempts >= 3, "some attempts");
        }

        Assert.Equal("Pending", await _payments.StateOf(wanted.OrderId));
        Assert.Equal("Pending", await _payments.StateOf(declined.OrderId));
        Assert.NotEqual("Voided", await _payments.StateOf(unwanted.OrderId));
        await _payments.Misbehave(new { });

        await PaymentScenario.WaitForEvents(_payments.Taken, wanted.OrderId);
        await PaymentScenario.WaitForEvents(_payments.Declined, declined.OrderId);
        await PaymentScenario.WaitForEvents(_payments.Refunded, unwanted.OrderId);
        Assert.Equal([(Amount, Nothing, "succeeded")], await _payments.Ledger(wanted.OrderId));
        Assert.All(await _payments.Ledger(unwanted.OrderId), charge => Assert.Equal("refunded", charge.Status));
    }

    [Fact]
    public async Task An_api_key_that_is_refused_is_told_by_health_and_declines_nobody()
    {
        await _payments.Misbehave(new { keyExpired = true });
        var command = PaymentScenario.Take("tok_visa");
        await _payments.Send(command);

        await Wait.Until(
            async () => (await Health()).Contains("refuses our API key", StringComparison.Ordinal), "the word in the health of a replica");
        await _payments.Misbehave(new { });
        await PaymentScenario.WaitForEvents(_payments.Taken, command.OrderId);
    }

    [Fact]
    public async Task A_charge_that_nobody_here_knows_is_shown_to_staff_until_it_is_given_back()
    {
        var reference = $"invoice-{Guid.NewGuid():N}";
        await _payments.ChargeAtTheConsole(reference);

        await Wait.Until(async () => (await Audit()).Contains(reference, StringComparison.Ordinal), "the charge in /ops/audit");
        var charges = await _payments.Provider.Http.GetFromJsonAsync<JsonElement[]>($"v1/charges?reference={reference}", Cancellation);
        Assert.Single(charges!);
    }

    [Fact]
    public async Task Money_that_went_back_in_part_is_shown_to_staff_until_payment_and_ledger_agree()
    {
        var order = await Paid();
        await _payments.GiveBackAtTheConsole(order, "10.00");

        await Wait.Until(async () => (await Audit()).Contains($"{order}", StringComparison.Ordinal), "the charge in /ops/audit");
        Assert.Equal("Taken", await _payments.StateOf(order));
        await _payments.Send(new RefundPayment(order));
        await PaymentScenario.WaitForEvents(_payments.Refunded, order);

        await Wait.Until(async () => !(await Audit()).Contains($"{order}", StringComparison.Ordinal), "agreement");
    }

    async Task<Guid> Paid()
    {
        var command = PaymentScenario.Take("tok_visa");
        await _payments.Send(command);
        await PaymentScenario.WaitForEvents(_payments.Taken, command.OrderId);
        return command.OrderId;
    }

    async Task<string> Audit()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "ops/audit");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", servers.Token("sam", "staff"));
        using var answer = await two.Replica.Http.SendAsync(request, Cancellation);
        return await answer.Content.ReadAsStringAsync(Cancellation);
    }

    Task<string> Health() => two.Replica.Http.GetStringAsync("health/ready", Cancellation);
}
