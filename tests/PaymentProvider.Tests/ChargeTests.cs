using System.Net;
using static Shop.PaymentProvider.Tests.ProviderScenario;

namespace Shop.PaymentProvider.Tests;

/// <summary>The simulated provider charges, refunds and keeps its ledger as documented, so that tests and drills can rely on it.</summary>
public sealed class ChargeTests : IAsyncDisposable
{
    readonly ProviderScenario _provider = new();

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    [Theory]
    [InlineData("tok_visa", "succeeded")]
    [InlineData("tok_slow", "succeeded")]
    [InlineData("tok_declined", "declined")]
    [InlineData("tok_insufficient_funds", "declined")]
    public async Task A_token_decides_how_a_charge_ends(string token, string status)
    {
        using var answer = await _provider.Charge("key", token);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(status, (await Body(answer)).GetProperty("status").GetString());
        var charge = Assert.Single(await _provider.Find("reference=order-1"));
        Assert.Equal(
            ("order-1", "25.00", "0.00", status),
            (Text(charge, "reference"), Text(charge, "amount"), Text(charge, "refunded"), Text(charge, "status")));
    }

    [Fact]
    public async Task A_second_provider_on_the_same_ledger_does_not_start()
    {
        using var answer = await _provider.Charge("key", "tok_visa");

        Assert.Throws<IOException>(() => new Ledger(_provider.Ledger, TimeProvider.System));
    }

    [Fact]
    public async Task A_flaky_token_fails_twice_and_then_pays_once()
    {
        foreach (var expected in new[] { HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Created })
        {
            using var answer = await _provider.Charge("key", "tok_flaky");
            Assert.Equal(expected, answer.StatusCode);
        }

        Assert.Single(await _provider.Find("reference=order-1"));
    }

    [Fact]
    public async Task A_token_of_a_bank_that_is_away_never_moves_money()
    {
        using var answer = await _provider.Charge("key", "tok_outage");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Empty(await _provider.Find("reference=order-1"));
    }

    [Fact]
    public async Task A_timeout_token_takes_the_money_without_an_answer_and_the_ledger_knows()
    {
        using var impatient = new CancellationTokenSource();
        var asking = _provider.Charge("key", "tok_timeout", cancellation: impatient.Token);

        await Wait.Until(async () => (await _provider.Find("idempotencyKey=key")).Count == 1, "the charge in the ledger");

        Assert.False(asking.IsCompleted);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal("succeeded", Text(Assert.Single(await _provider.Find("idempotencyKey=key")), "status"));
    }

    [Fact]
    public async Task The_same_key_is_the_same_charge_also_for_many_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _provider.Charge("key", "tok_visa")));

        var ids = await Task.WhenAll(answers.Select(async answer => Text(await Body(answer), "id")));
        Assert.Single(ids.Distinct());
        Assert.Single(await _provider.Find("reference=order-1"));
    }

    [Fact]
    public async Task A_key_cannot_be_used_for_another_charge()
    {
        (await _provider.Charge("key", "tok_visa")).Dispose();

        using var other = await _provider.Charge("key", "tok_visa", amount: "26.00");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
    }

    [Theory]
    [InlineData("tok_nonsense", "25.00", HttpStatusCode.UnprocessableEntity)]
    [InlineData("tok_visa", "0", HttpStatusCode.BadRequest)]
    [InlineData("tok_visa", "1.001", HttpStatusCode.BadRequest)]
    [InlineData("tok_visa", "much", HttpStatusCode.BadRequest)]
    public async Task A_bad_charge_is_refused(string token, string amount, HttpStatusCode status)
    {
        using var answer = await _provider.Charge("key", token, amount);

        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(await _provider.Find("reference=order-1"));
    }

    [Fact]
    public async Task A_refund_is_made_once_for_a_key_and_never_exceeds_the_charge()
    {
        using var charged = await _provider.Charge("key", "tok_visa");
        var id = Text(await Body(charged), "id");

        (await _provider.Refund(id, "refund-1", """{"amount":"10.00"}""")).Dispose();
        (await _provider.Refund(id, "refund-1", """{"amount":"10.00"}""")).Dispose();
        using var tooMuch = await _provider.Refund(id, "refund-2", """{"amount":"20.00"}""");
        using var rest = await _provider.Refund(id, "refund-3", "{}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, tooMuch.StatusCode);
        var charge = Assert.Single(await _provider.Find("reference=order-1"));
        Assert.Equal(("25.00", "refunded"), (Text(charge, "refunded"), Text(charge, "status")));
    }

    [Fact]
    public async Task The_ledger_survives_the_provider_and_a_line_cut_short()
    {
        (await _provider.Charge("key", "tok_visa")).Dispose();
        await _provider.Stop();
        await File.AppendAllTextAsync(_provider.Ledger, "{\"id\":\"ch_torn", TestContext.Current.CancellationToken);

        _provider.Start();

        Assert.Single(await _provider.Find("reference=order-1"));
        (await _provider.Charge("key-2", "tok_visa", reference: "order-2")).Dispose();
        await _provider.Stop();
        _provider.Start();
        Assert.Single(await _provider.Find("reference=order-1"));
        Assert.Single(await _provider.Find("reference=order-2"));
    }

    [Fact]
    public async Task The_ledger_is_read_by_the_time_of_its_changes_in_pages_and_a_refund_is_a_change()
    {
        foreach (var number in Enumerable.Range(1, 5))
        {
            (await _provider.Charge($"key-{number}", "tok_visa", reference: $"order-{number}")).Dispose();
        }

        var first = Assert.Single(await _provider.Find("reference=order-1"));
        (await _provider.Refund(Text(first, "id"), "refund-1", "{}")).Dispose();

        var read = new List<string>();
        var (after, afterId) = ("", "");
        while (await _provider.Find($"changedAfter={after}&afterId={afterId}&limit=2") is { Count: > 0 } page)
        {
            read.AddRange(page.Select(charge => Text(charge, "reference")));
            (after, afterId) = (Text(page[^1], "changedAt"), Text(page[^1], "id"));
        }

        Assert.Equal(["order-2", "order-3", "order-4", "order-5", "order-1"], read);
    }
}
