using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Shop.PaymentProvider.Tests;

/// <summary>The simulated provider behaves as documented, so that tests and drills can rely on it.</summary>
public sealed class ChargeTests : IAsyncLifetime
{
    readonly string _ledger = Path.Combine(Path.GetTempPath(), $"ledger-{Guid.NewGuid():N}.jsonl");
    WebApplicationFactory<Program> _provider = null!;
    HttpClient _http = null!;
    string? _apiKey;

    public ValueTask InitializeAsync()
    {
        Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        File.Delete(_ledger);
    }

    [Theory]
    [InlineData("tok_visa", "succeeded")]
    [InlineData("tok_slow", "succeeded")]
    [InlineData("tok_declined", "declined")]
    [InlineData("tok_insufficient_funds", "declined")]
    public async Task A_token_decides_how_a_charge_ends(string token, string status)
    {
        using var answer = await Charge("key", token);

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(status, (await Body(answer)).GetProperty("status").GetString());
        var charge = Assert.Single(await Find("reference=order-1"));
        Assert.Equal(
            ("order-1", "25.00", "0.00", status),
            (Text(charge, "reference"), Text(charge, "amount"), Text(charge, "refunded"), Text(charge, "status")));
    }

    [Fact]
    public async Task A_second_provider_on_the_same_ledger_does_not_start()
    {
        using var answer = await Charge("key", "tok_visa");

        Assert.Throws<IOException>(() => new Ledger(_ledger, TimeProvider.System));
    }

    [Fact]
    public async Task A_flaky_token_fails_twice_and_then_pays_once()
    {
        foreach (var expected in new[] { HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.Created })
        {
            using var answer = await Charge("key", "tok_flaky");
            Assert.Equal(expected, answer.StatusCode);
        }

        Assert.Single(await Find("reference=order-1"));
    }

    [Fact]
    public async Task A_token_of_a_bank_that_is_away_never_moves_money()
    {
        using var answer = await Charge("key", "tok_outage");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Empty(await Find("reference=order-1"));
    }

    [Fact]
    public async Task A_timeout_token_takes_the_money_without_an_answer_and_the_ledger_knows()
    {
        using var impatient = new CancellationTokenSource();
        var asking = Charge("key", "tok_timeout", cancellation: impatient.Token);

        await Wait.Until(async () => (await Find("idempotencyKey=key")).Count == 1, "the charge in the ledger");

        Assert.False(asking.IsCompleted);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal("succeeded", Text(Assert.Single(await Find("idempotencyKey=key")), "status"));
    }

    [Fact]
    public async Task The_same_key_is_the_same_charge_also_for_many_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Charge("key", "tok_visa")));

        var ids = await Task.WhenAll(answers.Select(async answer => Text(await Body(answer), "id")));
        Assert.Single(ids.Distinct());
        Assert.Single(await Find("reference=order-1"));
    }

    [Fact]
    public async Task A_key_cannot_be_used_for_another_charge()
    {
        (await Charge("key", "tok_visa")).Dispose();

        using var other = await Charge("key", "tok_visa", amount: "26.00");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
    }

    [Theory]
    [InlineData("tok_nonsense", "25.00", HttpStatusCode.UnprocessableEntity)]
    [InlineData("tok_visa", "0", HttpStatusCode.BadRequest)]
    [InlineData("tok_visa", "1.001", HttpStatusCode.BadRequest)]
    [InlineData("tok_visa", "much", HttpStatusCode.BadRequest)]
    public async Task A_bad_charge_is_refused(string token, string amount, HttpStatusCode status)
    {
        using var answer = await Charge("key", token, amount);

        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(await Find("reference=order-1"));
    }

    [Fact]
    public async Task A_refund_is_made_once_for_a_key_and_never_exceeds_the_charge()
    {
        using var charged = await Charge("key", "tok_visa");
        var id = Text(await Body(charged), "id");

        (await Refund(id, "refund-1", """{"amount":"10.00"}""")).Dispose();
        (await Refund(id, "refund-1", """{"amount":"10.00"}""")).Dispose();
        using var tooMuch = await Refund(id, "refund-2", """{"amount":"20.00"}""");
        using var rest = await Refund(id, "refund-3", "{}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, tooMuch.StatusCode);
        var charge = Assert.Single(await Find("reference=order-1"));
        Assert.Equal(("25.00", "refunded"), (Text(charge, "refunded"), Text(charge, "status")));
    }

    [Fact]
    public async Task The_ledger_survives_the_provider_and_a_line_cut_short()
    {
        (await Charge("key", "tok_visa")).Dispose();
        await Stop();
        await File.AppendAllTextAsync(_ledger, "{\"id\":\"ch_torn", TestContext.Current.CancellationToken);

        Start();

        Assert.Single(await Find("reference=order-1"));
        (await Charge("key-2", "tok_visa", reference: "order-2")).Dispose();
        await Stop();
        Start();
        Assert.Single(await Find("reference=order-1"));
        Assert.Single(await Find("reference=order-2"));
    }

    [Fact]
    public async Task The_ledger_is_read_by_the_time_of_its_changes_in_pages_and_a_refund_is_a_change()
    {
        foreach (var number in Enumerable.Range(1, 5))
        {
            (await Charge($"key-{number}", "tok_visa", reference: $"order-{number}")).Dispose();
        }

        var first = Assert.Single(await Find("reference=order-1"));
        (await Refund(Text(first, "id"), "refund-1", "{}")).Dispose();

        var read = new List<string>();
        var (after, afterId) = ("", "");
        while (await Find($"changedAfter={after}&afterId={afterId}&limit=2") is { Count: > 0 } page)
        {
            read.AddRange(page.Select(charge => Text(charge, "reference")));
            (after, afterId) = (Text(page[^1], "changedAt"), Text(page[^1], "id"));
        }

        Assert.Equal(["order-2", "order-3", "order-4", "order-5", "order-1"], read);
    }

    [Fact]
    public async Task A_late_charge_is_answered_to_nobody_keeps_its_key_in_use_and_lands_later()
    {
        await SetFaults(new { lateRate = 1.0, lateMilliseconds = 1_500 });
        using var impatient = new CancellationTokenSource();
        // The request that comes first is the one that lands.
        var asking = Enumerable.Range(0, 2).Select(_ => Charge("key", "tok_visa", cancellation: impatient.Token)).ToArray();
        using (var second = await await Task.WhenAny(asking))
        {
            Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        }

        await SetFaults(new { });
        Assert.Empty(await Find("idempotencyKey=key"));

        await Wait.Until(async () => (await Find("idempotencyKey=key")).Count == 1, "the charge in the ledger");

        _ = Assert.Single(asking, charge => !charge.IsCompleted);
        await impatient.CancelAsync();
    }

    [Theory]
    [InlineData("refundRate")]
    [InlineData("partialRefundRate")]
    public async Task Somebody_gives_the_money_back_from_outside(string rate)
    {
        await SetFaults(new Dictionary<string, object> { [rate] = 1.0, ["refundMilliseconds"] = 200 });
        (await Charge("key", "tok_visa")).Dispose();
        Assert.Equal("succeeded", Text(Assert.Single(await Find("reference=order-1")), "status"));

        await Wait.Until(async () => Text(Assert.Single(await Find("reference=order-1")), "status") == "refunded", "the refund");

        Assert.Equal("25.00", Text(Assert.Single(await Find("reference=order-1")), "refunded"));
    }

    [Fact]
    public async Task A_ledger_that_lags_does_not_show_what_is_new()
    {
        await SetFaults(new { ledgerLagMilliseconds = 60_000 });
        (await Charge("key", "tok_visa")).Dispose();

        Assert.Empty(await Find("idempotencyKey=key"));

        await SetFaults(new { });
        Assert.Single(await Find("idempotencyKey=key"));
    }

    [Fact]
    public async Task A_key_that_has_expired_or_is_wrong_is_refused_and_who_brings_none_is_at_the_console()
    {
        await SetFaults(new { keyExpired = true });
        using (var expired = await Charge("key", "tok_visa"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, expired.StatusCode);
        }

        await SetFaults(new { });
        await Stop();
        _apiKey = "right";
        Start();
        foreach (var (key, status) in new[]
        {
            ("wrong", HttpStatusCode.Unauthorized), ("right", HttpStatusCode.Created), (null, HttpStatusCode.Created)
        })
        {
            _http.DefaultRequestHeaders.Authorization = key is null ? null : new("Bearer", key);
            using var answer = await Charge("key", "tok_visa");
            Assert.Equal(status, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("proxyRate")]
    [InlineData("strangeRate")]
    [InlineData("keyInUseRate")]
    public async Task An_answer_in_disguise_never_tells_of_the_charge(string rate)
    {
        await SetFaults(new Dictionary<string, object> { [rate] = 1.0, ["seed"] = 7 });
        for (var number = 0; number < 20; number++)
        {
            using var answer = await Charge($"key-{number}", "tok_visa");
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("\"status\":\"succeeded\",\"", text, StringComparison.Ordinal);
        }

        var hits = (await _http.GetFromJsonAsync<JsonElement>("/v1/faults", TestContext.Current.CancellationToken)).GetProperty("hits")
            .GetInt32();
        Assert.Equal(20, hits);
    }

    [Fact]
    public async Task Faults_apply_until_they_are_taken_back()
    {
        await SetFaults(new { outage = true });
        using var down = await Charge("key", "tok_visa");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, down.StatusCode);

        await SetFaults(new { errorRate = 1.0 });
        using var failing = await Charge("key", "tok_visa");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failing.StatusCode);

        await SetFaults(new { });
        using var well = await Charge("key", "tok_visa");
        Assert.Equal(HttpStatusCode.Created, well.StatusCode);
        using var bad = await _http.PutAsJsonAsync("/v1/faults", new { errorRate = 2.0 }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    void Start()
    {
        _provider = new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("Ledger:Path", _ledger);
            host.UseSetting("ApiKey", _apiKey);
        });
        _http = _provider.CreateClient(new() { AllowAutoRedirect = false });
    }

    async Task Stop()
    {
        _http.Dispose();
        await _provider.DisposeAsync();
    }

    Task<HttpResponseMessage> Charge(
        string key, string token, string amount = "25.00", string reference = "order-1", CancellationToken? cancellation = null) =>
        Post("/v1/charges", key, JsonSerializer.Serialize(new { amount, currency = "EUR", token, reference }), cancellation);

    Task<HttpResponseMessage> Refund(string id, string key, string body) => Post($"/v1/charges/{id}/refunds", key, body, null);

    async Task<HttpResponseMessage> Post(string path, string key, string body, CancellationToken? cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("Idempotency-Key", key);
        return await _http.SendAsync(request, cancellation ?? TestContext.Current.CancellationToken);
    }

    async Task SetFaults(object faults)
    {
        using var answer = await _http.PutAsJsonAsync("/v1/faults", faults, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    async Task<IReadOnlyList<JsonElement>> Find(string query) =>
        (await _http.GetFromJsonAsync<JsonElement[]>($"/v1/charges?{query}", TestContext.Current.CancellationToken))!;

    static async Task<JsonElement> Body(HttpResponseMessage answer) =>
        await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
