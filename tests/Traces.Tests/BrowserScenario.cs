using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;

namespace Shop.Traces.Tests;

/// <summary>A viewer with two orders, and a browser that records every error.</summary>
sealed class BrowserScenario : IAsyncDisposable
{
    public const string Order = "01a20e22-080a-7e85-8cfd-1937e5220df2";
    public const string OtherOrder = "01a20e22-100c-79e9-bc70-eebbcd8f967e";
    public const string Markup = "<img src=x onerror=\"document.title='broken into'\">";

    static readonly byte[] _trace = [.. Enumerable.Repeat((byte)0xa1, 16)];
    static readonly byte[] _otherTrace = [.. Enumerable.Repeat((byte)0xb2, 16)];
    static readonly long _start = (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000) * 1_000_000;

    readonly LiveViewer _viewer = new();
    readonly List<string> _problems = [];
    readonly List<IPage> _pages = [];

    BrowserScenario()
    {
    }

    public static string Trace => Convert.ToHexStringLower(_trace);

    public static string OtherTrace => Convert.ToHexStringLower(_otherTrace);

    public static async Task<BrowserScenario> Start()
    {
        var scenario = new BrowserScenario();
        await scenario.Send("gateway", Span(_trace, 1, 0, "POST /orders", 0, 20, kind: 2));
        await scenario.Send(
            "ordering",
            Span(_trace, 2, 1, "POST /orders/", 2, 18, Otlp.Attribute("shop.order.status", "Placed"), kind: 2),
            Span(_trace, 3, 2, "publish Inventory:ReserveStock", 10, 30, kind: 4),
            Span(_trace, 4, 3, "wait in outbox", 10, 28, Otlp.Attribute("shop.wait", "outbox")),
            Span(_trace, 5, 2, "commit", 3, 17, Otlp.Link(_otherTrace, Id(8))),
            Span(_trace, 10, 5, "insert orders", 4, 6, Otlp.Attribute("db.system.name", "postgresql"), kind: 3),
            Span(_trace, 11, 5, "insert outbox", 7, 9, Otlp.Attribute("db.system.name", "postgresql"), kind: 3),
            Span(_trace, 9, 2, Markup, 12, 13));
        await scenario.Send("inventory", Span(_trace, 6, 3, "process inventory-stock", 31, 60, kind: 5));
        await scenario.Send("payment", Span(_trace, 7, 6, "POST", 40, 55, Otlp.Concat(
            Otlp.Failed("the bank is shut"), Otlp.Attribute(
                "url.full", "http://bank.example:5104/v1/charges"), Otlp.Attribute("http.response.status_code", "503")), kind: 3));
        // Twenty milliseconds after the message before it had been handled.
        await scenario.Send("ordering", Span(_trace, 12, 6, "process ordering-orders", 80, 90, Otlp.Concat(
            Otlp.Attribute("shop.order.status", "Cancelled"), Otlp.Attribute("shop.order.reason", "payment_declined")), kind: 5));
        await scenario.Send(
            "ordering",
            Span(_otherTrace, 2, 0, "publish Inventory:ReserveStock", 5, 9, kind: 4, order: OtherOrder),
            Span(_otherTrace, 8, 2, "batch writes", 3, 17, order: OtherOrder));
        return scenario;
    }

    /// <summary>When the first trace began, as the shop writes it.</summary>
    public static string Started =>
        DateTimeOffset.FromUnixTimeMilliseconds(_start / 1_000_000).ToString("HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public Uri Address => _viewer.Page;

    public async Task<IPage> Open(Chromium chromium, string path, ColorScheme scheme = ColorScheme.Light, int width = 1200)
    {
        var page = await chromium.NewPage(scheme, width);
        _pages.Add(page);
        page.Console += (_, message) => Note(message.Type is "error" or "warning", $"{message.Type}: {message.Text}");
        page.PageError += (_, error) => Note(true, error);
        page.Request += (_, request) => Note(!request.Url.StartsWith(Address.ToString(), StringComparison.Ordinal)
            && !request.Url.StartsWith("data:", StringComparison.Ordinal), $"asked elsewhere: {request.Url}");
        page.RequestFailed += (_, request) => Note(true, $"failed: {request.Url}");
        await page.GotoAsync(new Uri(Address, path).ToString(), new() { WaitUntil = WaitUntilState.NetworkIdle });
        return page;
    }

    /// <summary>Asserts that no console has an error, and that no request failed or left the viewer.</summary>
    public void MustHaveNoProblems()
    {
        lock (_problems)
        {
            Assert.Empty(_problems);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var page in _pages)
        {
            await page.Context.DisposeAsync();
        }

        _viewer.Dispose();
    }

    void Note(bool isProblem, string what)
    {
        if (isProblem)
        {
            lock (_problems)
            {
                _problems.Add(what);
            }
        }
    }

    async Task Send(string service, params byte[][] spans)
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent(Otlp.Of(
            service, spans)) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") } };
        using var answer = await http.PostAsync(new Uri(_viewer.Http, "/v1/traces"), content, ViewerScenario.Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    // Times in milliseconds.
    static byte[] Span(
        byte[] trace,
        byte id,
        byte parent,
        string name,
        int from,
        int until,
        byte[]? extra = null,
        int kind = 1,
        string order = Order) => Otlp.Span(
        trace,
        Id(id),
        name,
        _start + (from * 1_000_000L),
        _start + (until * 1_000_000L),
        Otlp.Concat(parent == 0 ? [] : Otlp.Parent(Id(parent)), Otlp.Kind(kind), Otlp.Attribute("shop.order.id", order), extra ?? []));

    static byte[] Id(byte id) => [0, 0, 0, 0, 0, 0, 0, id];
}
