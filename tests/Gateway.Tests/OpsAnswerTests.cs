using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Shop.Gateway.Tests;

/// <summary>Answers that the gateway merges from those of all services.</summary>
public sealed class OpsAnswerTests : IAsyncLifetime
{
    GatewayScenario _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await GatewayScenario.Start();

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    [Fact]
    public async Task Dead_letters_of_all_services_are_one_list_with_the_last_failure_first()
    {
        _shop.Ordering[0].Answer = Json(
            Letters(waiting: 7, ("ordering-1", "2026-01-01T10:00:00Z"), ("ordering-2", "2026-01-01T08:00:00Z")));
        _shop.Inventory.Answer = Json(Letters(waiting: 1, ("inventory-1", "2026-01-01T09:00:00.5Z")));
        _shop.Payment.Answer = Json(Letters(waiting: 0));

        var list = await Get("/ops/dead-letters?status=all&limit=2");

        Assert.Equal(
            ["ordering-1", "inventory-1", "ordering-2"],
            list.GetProperty("deadLetters").EnumerateArray().Select(letter => letter.GetProperty("id").GetString()));
        Assert.Equal(8, list.GetProperty("waiting").GetInt32());
        Assert.Equal(0, list.GetProperty("unavailable").GetArrayLength());
        Assert.Equal("/ops/dead-letters?status=all&limit=2", _shop.Inventory.Requests.Single().Path);
        Assert.StartsWith("Bearer ", _shop.Payment.Requests.Single().Headers["Authorization"]);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_named_and_the_others_dead_letters_are_shown()
    {
        _shop.Ordering[0].Answer = Json(Letters(waiting: 1, ("ordering-1", "2026-01-01T10:00:00Z")));
        _shop.Inventory.Answer = Json("""{"status":503}""", 503);
        await _shop.Payment.Stop();

        var list = await Get("/ops/dead-letters");

        Assert.Equal(1, list.GetProperty("deadLetters").GetArrayLength());
        Assert.Equal(["inventory", "payment"], list.GetProperty("unavailable").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task A_question_the_services_refuse_is_refused()
    {
        var refusal = Json("""{"title":"made by the service","status":400}""", 400);
        (_shop.Ordering[0].Answer, _shop.Inventory.Answer, _shop.Payment.Answer) = (refusal, refusal, refusal);

        using var answer = await _shop.Get("/ops/dead-letters?status=gone", Tokens.Staff());

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("made by the service", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_system_keeps_its_promises_only_if_every_service_says_so()
    {
        (_shop.Ordering[0].Answer, _shop.Inventory.Answer, _shop.Payment.Answer) = (Audit(true), Audit(true), Audit(true));
        var kept = await Get("/ops/audit");
        _shop.Inventory.Answer = Audit(false);
        var broken = await Get("/ops/audit");
        _shop.Inventory.Answer = Json("""{"status":503}""", 503);
        var unknown = await Get("/ops/audit");

        Assert.True(kept.GetProperty("ok").GetBoolean());
        Assert.Equal(3, kept.GetProperty("invariants").GetArrayLength());
        Assert.False(broken.GetProperty("ok").GetBoolean());
        Assert.False(unknown.GetProperty("ok").GetBoolean());
        Assert.Equal("inventory", unknown.GetProperty("unavailable")[0].GetString());
    }

    async Task<JsonElement> Get(string path)
    {
        using var answer = await _shop.Get(path, Tokens.Staff());
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    static RequestDelegate Audit(bool ok) => Json($$"""{"ok":{{(ok ? "true" : "false")}},"invariants":[{"name":"a"}]}""");

    static string Letters(int waiting, params (string Id, string LastFailedAt)[] letters) => JsonSerializer.Serialize(new
    {
        deadLetters = letters.Select(letter => new { id = letter.Id, lastFailedAt = letter.LastFailedAt }),
        waiting,
    });

    static RequestDelegate Json(string body, int status = 200) => http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        return http.Response.WriteAsync(body);
    };
}
