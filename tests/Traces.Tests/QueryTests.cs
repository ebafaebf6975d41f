using System.Net;
using System.Text.Json;

namespace Shop.Traces.Tests;

/// <summary>Jaeger's query API, as far as a reader of traces needs it, and the page.</summary>
public sealed class QueryTests : IDisposable
{
    static readonly long _now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000;

    readonly ViewerScenario _viewer = new();

    public void Dispose() => _viewer.Dispose();

    [Theory]
    [InlineData("", new[] { "late", "early", "old" })]
    [InlineData("limit=1", new[] { "late" })]
    [InlineData("lookback=1h", new[] { "late", "early" })]
    [InlineData("minDuration=150ms", new[] { "late" })]
    [InlineData("maxDuration=150ms", new[] { "early", "old" })]
    [InlineData("operation=early", new[] { "early" })]
    [InlineData("service=unknown_service", new[] { "late", "early", "old" })]
    [InlineData("service=nobody", new string[0])]
    [InlineData("""tags={"shop.order.id":"7"}""", new[] { "early" })]
    [InlineData("tag=shop.order.id:7", new[] { "early" })]
    [InlineData("""tags={"shop.order.id":"8"}""", new string[0])]
    public async Task Traces_are_found_by(string query, string[] expected)
    {
        await Send("old", 1, _now - (TimeSpan.FromHours(3).Ticks * 100), 100);
        await Send("early", 2, _now - 2_000_000_000, 100, Otlp.Attribute("shop.order.id", "7"));
        await Send("late", 3, _now - 1_000_000_000, 200);

        var found = await _viewer.Traces(query);

        Assert.Equal(expected, found.Select(trace => trace.GetProperty("spans")[0].GetProperty("operationName").GetString()));
    }

    [Fact]
    public async Task A_trace_is_found_by_its_id_and_services_and_operations_are_listed()
    {
        await Send("work", 9, _now, 1);
        var id = (await _viewer.Traces())[0].GetProperty("traceID").GetString();

        Assert.Equal(id, (await _viewer.Ask($"/api/traces/{id}")).GetProperty("data")[0].GetProperty("traceID").GetString());
        Assert.Equal("unknown_service", (await _viewer.Ask("/api/services")).GetProperty("data")[0].GetString());
        Assert.Equal("work", (await _viewer.Ask("/api/services/unknown_service/operations")).GetProperty("data")[0].GetString());
    }

    [Theory]
    [InlineData("/api/traces/00000000000000000000000000000abc", HttpStatusCode.NotFound, "not found")]
    [InlineData("/api/traces?lookback=soon", HttpStatusCode.BadRequest, "lookback must be")]
    [InlineData("/api/traces?minDuration=-1s", HttpStatusCode.BadRequest, "minDuration must be")]
    [InlineData("/api/traces?start=yesterday", HttpStatusCode.BadRequest, "start must be")]
    [InlineData("/api/traces?tags=[]", HttpStatusCode.BadRequest, "tags must be")]
    [InlineData("/api/traces?tag=x", HttpStatusCode.BadRequest, "tag must be")]
    public async Task What_makes_no_sense_gets_a_clear_answer(string path, HttpStatusCode status, string reason)
    {
        var answer = await _viewer.Http.GetAsync(path, ViewerScenario.Cancellation);

        Assert.Equal(status, answer.StatusCode);
        var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(ViewerScenario.Cancellation)).RootElement
            .GetProperty("errors")[0];
        Assert.Contains(reason, error.GetProperty("msg").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/search")]
    [InlineData("/trace/0123456789abcdef0123456789abcdef")]
    [InlineData("/page.js")]
    public async Task The_page_loads_nothing_from_elsewhere(string path)
    {
        var answer = await _viewer.Http.GetAsync(path, ViewerScenario.Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith(
            "default-src 'none'; script-src 'self'",
            answer.Headers.GetValues("Content-Security-Policy").Single(),
            StringComparison.Ordinal);
        Assert.DoesNotContain("http://", await answer.Content.ReadAsStringAsync(ViewerScenario.Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_name_that_leads_here_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/traces") { Headers = { Host = "evil.example" } };

        Assert.Equal(HttpStatusCode.BadRequest, (await _viewer.Http.SendAsync(request, ViewerScenario.Cancellation)).StatusCode);
    }

    async Task Send(string name, byte id, long start, long milliseconds, byte[]? extra = null) =>
        Assert.Equal(HttpStatusCode.OK, (await _viewer.Post(Otlp.Request(Otlp.Span(
            traceId: [.. new byte[15], id], name: name, start: start, end: start + (milliseconds * 1_000_000), extra: extra)))).StatusCode);
}
