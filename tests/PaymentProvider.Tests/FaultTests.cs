using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using static Shop.PaymentProvider.Tests.ProviderScenario;

namespace Shop.PaymentProvider.Tests;

/// <summary>Each fault of the simulated provider does what PUT /v1/faults says.</summary>
public sealed class FaultTests : IAsyncDisposable
{
    readonly ProviderScenario _provider = new();

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    public async Task A_late_charge_is_answered_to_nobody_keeps_its_key_in_use_and_lands_later()
    {
        await _provider.SetFaults(new { lateRate = 1.0, lateMilliseconds = 1_500 });
        using var impatient = new CancellationTokenSource();
        // The request that comes first is the one that lands.
        var asking = Enumerable.Range(0, 2).Select(_ => _provider.Charge("key", "tok_visa", cancellation: impatient.Token)).ToArray();
        using (var second = await await Task.WhenAny(asking))
        {
            Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        }

        await _provider.SetFaults(new { });
        Assert.Empty(await _provider.Find("idempotencyKey=key"));

        await Wait.Until(async () => (await _provider.Find("idempotencyKey=key")).Count == 1, "the charge in the ledger");

        _ = Assert.Single(asking, charge => !charge.IsCompleted);
        await impatient.CancelAsync();
    }

    [Theory]
    [InlineData("refundRate")]
    [InlineData("partialRefundRate")]
    public async Task Somebody_gives_the_money_back_from_outside(string rate)
    {
        await _provider.SetFaults(new Dictionary<string, object> { [rate] = 1.0, ["refundMilliseconds"] = 200 });
        (await _provider.Charge("key", "tok_visa")).Dispose();
        Assert.Equal("succeeded", Text(Assert.Single(await _provider.Find("reference=order-1")), "status"));

        await Wait.Until(async () => Text(Assert.Single(await _provider.Find("reference=order-1")), "status") == "refunded", "the refund");

        Assert.Equal("25.00", Text(Assert.Single(await _provider.Find("reference=order-1")), "refunded"));
    }

    [Fact]
    public async Task A_ledger_that_lags_does_not_show_what_is_new()
    {
        await _provider.SetFaults(new { ledgerLagMilliseconds = 60_000 });
        (await _provider.Charge("key", "tok_visa")).Dispose();

        Assert.Empty(await _provider.Find("idempotencyKey=key"));

        await _provider.SetFaults(new { });
        Assert.Single(await _provider.Find("idempotencyKey=key"));
    }

    [Fact]
    public async Task A_key_that_has_expired_or_is_wrong_is_refused_and_who_brings_none_is_at_the_console()
    {
        await _provider.SetFaults(new { keyExpired = true });
        using (var expired = await _provider.Charge("key", "tok_visa"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, expired.StatusCode);
        }

        await _provider.SetFaults(new { });
        await _provider.Stop();
        _provider.ApiKey = "right";
        _provider.Start();
        foreach (var (key, status) in new[]
        {
            ("wrong", HttpStatusCode.Unauthorized), ("right", HttpStatusCode.Created), (null, HttpStatusCode.Created)
        })
        {
            _provider.Http.DefaultRequestHeaders.Authorization = key is null ? null : new("Bearer", key);
            using var answer = await _provider.Charge("key", "tok_visa");
            Assert.Equal(status, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("proxyRate")]
    [InlineData("strangeRate")]
    [InlineData("keyInUseRate")]
    public async Task An_answer_in_disguise_never_tells_of_the_charge(string rate)
    {
        await _provider.SetFaults(new Dictionary<string, object> { [rate] = 1.0, ["seed"] = 7 });
        for (var number = 0; number < 20; number++)
        {
            using var answer = await _provider.Charge($"key-{number}", "tok_visa");
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("\"status\":\"succeeded\",\"", text, StringComparison.Ordinal);
        }

        var faults = await _provider.Http.GetFromJsonAsync<JsonElement>("/v1/faults", TestContext.Current.CancellationToken);
        Assert.Equal(20, faults.GetProperty("hits").GetInt32());
    }

    [Fact]
    public async Task Faults_apply_until_they_are_taken_back()
    {
        await _provider.SetFaults(new { outage = true });
        using var down = await _provider.Charge("key", "tok_visa");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, down.StatusCode);

        await _provider.SetFaults(new { errorRate = 1.0 });
        using var failing = await _provider.Charge("key", "tok_visa");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failing.StatusCode);

        await _provider.SetFaults(new { });
        using var well = await _provider.Charge("key", "tok_visa");
        Assert.Equal(HttpStatusCode.Created, well.StatusCode);
        using var bad = await _provider.Http.PutAsJsonAsync("/v1/faults", new { errorRate = 2.0 }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }
}
