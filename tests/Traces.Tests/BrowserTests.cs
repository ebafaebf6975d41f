using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Shop.Traces.Tests;

/// <summary>The page in a real browser, as somebody uses it who looks for an order.</summary>
public sealed class BrowserTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    const string Piece = "getComputedStyle(row.querySelector('.piece')).backgroundColor";

    BrowserScenario _viewer = null!;

    public async ValueTask InitializeAsync() => _viewer = await BrowserScenario.Start();

    public ValueTask DisposeAsync() => _viewer.DisposeAsync();

    [Theory]
    [InlineData(BrowserScenario.Order)]
    [InlineData("  01A20E22-080A-7E85-8CFD-1937E5220DF2 ")]
    [InlineData("a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1")]
    public async Task An_order_is_found_by_its_id_and_by_that_of_its_trace(string text)
    {
        var page = await _viewer.Open(chromium, "/");

        await page.GetByPlaceholder("Order id or trace id").FillAsync(text);
        await page.Keyboard.PressAsync("Enter");

        await page.WaitForURLAsync($"**/trace/{BrowserScenario.Trace}");
        await page.GetByRole(AriaRole.Heading, new() { Name = "gateway: POST /orders" }).WaitForAsync();
        Assert.Contains(BrowserScenario.Order, await page.Locator(".facts").First.InnerTextAsync(), StringComparison.Ordinal);
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task Traces_are_found_by_their_service_and_lead_to_the_waterfall()
    {
        var page = await _viewer.Open(chromium, "/search");
        Assert.Equal(2, await page.Locator(".result").CountAsync());

        await page.GetByLabel("Service").SelectOptionAsync("payment");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await page.WaitForURLAsync("**service=payment**");
        var result = page.Locator(".result");
        await result.WaitForAsync();
        Assert.Contains(BrowserScenario.Order, await result.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("1 error", await result.InnerTextAsync(), StringComparison.Ordinal);
        await result.ClickAsync();

        await page.WaitForURLAsync($"**/trace/{BrowserScenario.Trace}");
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task What_is_not_there_is_said_in_words()
    {
        var page = await _viewer.Open(chromium, "/search?service=nobody");
        Assert.Contains("No trace matches", await page.Locator("#results").InnerTextAsync(), StringComparison.Ordinal);
        _viewer.MustBeQuiet();

        // A browser reports a 404 as an error of its own.
        var gone = await _viewer.Open(chromium, "/trace/00000000000000000000000000000abc");
        Assert.Contains("trace not found", await gone.GetByRole(AriaRole.Alert).InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_stand_below_their_parents_in_the_colours_of_their_services()
    {
        var page = await Trace();

        Assert.Equal(
            [
                "POST /orders gateway", "POST /orders/ ordering", "commit ordering", "publish Inventory:ReserveStock ordering", "waited in outbox ordering",
                "process inventory-stock inventory", "POST /v1/charges 503 payment", $"{BrowserScenario.Markup} ordering",
            ],
            await page.EvaluateAsync<string[]>("[...document.querySelectorAll('.row .label')].map(label => label.innerText.trim().replace(/\\s+/g, ' '))"));
        var colours = await page.EvaluateAsync<string[]>($"[...document.querySelectorAll('.row')].map(row => {Piece})");
        Assert.Equal(colours[1], colours[2]);
        Assert.Equal(4, new[] { colours[0], colours[1], colours[5], colours[6] }.Distinct().Count());
        var lefts = await page.EvaluateAsync<double[]>("[...document.querySelectorAll('.row .dot')].map(dot => dot.getBoundingClientRect().left)");
        Assert.True(lefts[0] < lefts[1] && lefts[1] < lefts[2] && lefts[2] == lefts[3] && lefts[3] < lefts[4]);
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task A_bar_is_as_long_as_its_span_and_stands_where_it_was()
    {
        var page = await Trace();

        var bars = await page.EvaluateAsync<double[][]>(
            """
            [...document.querySelectorAll('.row')].map(row => {
              const lane = row.querySelector('.lane').getBoundingClientRect(), piece = row.querySelector('.piece').getBoundingClientRect();
              return [(piece.left - lane.left) / lane.width, piece.width / lane.width];
            })
            """);

        // The trace takes 60 ms: the stock's part from 31 to 60, the payment's from 40 to 55.
        Assert.Equal((31 / 60.0, 29 / 60.0), (bars[5][0], bars[5][1]), Close);
        Assert.Equal((40 / 60.0, 15 / 60.0), (bars[6][0], bars[6][1]), Close);
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task A_span_that_failed_is_seen_without_a_click()
    {
        var page = await Trace();

        Assert.Contains("1 error", await page.Locator(".facts").First.InnerTextAsync(), StringComparison.Ordinal);
        var failed = page.Locator(".row", new() { HasText = "/v1/charges" });
        Assert.Equal("503", await failed.Locator(".why.error").InnerTextAsync());
        Assert.Equal(await Colour(page.Locator(".facts .error").First), await failed.Locator(".piece").EvaluateAsync<string>("piece => getComputedStyle(piece).backgroundColor"));
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task A_click_shows_what_a_span_says_and_another_hides_it()
    {
        var page = await Trace();
        var row = page.Locator(".row", new() { HasText = "/v1/charges" });

        await row.ClickAsync();
        var detail = await page.Locator(".detail").InnerTextAsync();
        Assert.Contains("http://bank.example:5104/v1/charges", detail, StringComparison.Ordinal);
        Assert.Contains("the bank is shut", detail, StringComparison.Ordinal);
        Assert.Contains("began after 40.0 ms", detail, StringComparison.Ordinal);
        Assert.Equal("true", await row.GetAttributeAsync("aria-expanded"));
        await row.ClickAsync();

        Assert.Equal(0, await page.Locator(".detail").CountAsync());
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task A_link_leads_to_the_span_of_the_other_trace()
    {
        var page = await Trace();

        await page.Locator(".row", new() { HasText = "commit" }).ClickAsync();
        await page.Locator(".detail a").ClickAsync();

        await page.WaitForURLAsync($"**/trace/{BrowserScenario.OtherTrace}#span-0000000000000008");
        var opened = page.Locator(".row[aria-expanded=true]");
        await opened.WaitForAsync();
        Assert.Contains("batch writes", await opened.InnerTextAsync(), StringComparison.Ordinal);
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task It_can_be_used_without_a_mouse()
    {
        var page = await Trace();
        await page.Locator(".row").First.FocusAsync();

        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        Assert.Contains("commit", await page.Locator(".row[aria-expanded=true]").InnerTextAsync(), StringComparison.Ordinal);
        Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.Locator("a:focus")).ToHaveAttributeAsync("href", new Regex($"/trace/{BrowserScenario.OtherTrace}#"));
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page).ToHaveURLAsync(new Regex($"/trace/{BrowserScenario.OtherTrace}#"));
        _viewer.MustBeQuiet();
    }

    [Theory]
    [InlineData("/search")]
    [InlineData("/trace/a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1")]
    public async Task It_is_light_or_dark_as_the_reader_has_it_and_readable_in_both(string path)
    {
        var backgrounds = new HashSet<double>();
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var page = await _viewer.Open(chromium, path, scheme);
            await page.Locator(".result, .row").First.WaitForAsync();
            var background = await page.EvaluateAsync<double[]>(Contrast.Channels, "body");
            backgrounds.Add(Contrast.Luminance(background));
            // Text of every kind there is on the page, on what is behind it.
            foreach (var pair in await page.EvaluateAsync<double[][]>(Contrast.Texts))
            {
                Assert.InRange(Contrast.Ratio(pair[..3], pair[3..]), 4.5, 21);
            }
        }

        Assert.True(backgrounds.Min() < 0.1 && backgrounds.Max() > 0.9);
        _viewer.MustBeQuiet();
    }

    [Theory]
    [InlineData("/search")]
    [InlineData("/trace/a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1")]
    public async Task A_narrow_window_needs_no_scrolling_sideways(string path)
    {
        var page = await _viewer.Open(chromium, path, width: 380);
        await page.Locator(".result, .row").First.ClickAsync();
        await page.Locator(".detail").Or(page.Locator(".row").First).First.WaitForAsync();

        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, 380);
        // Nor is anything cut off at the window's edge: result, name and bar are all in it.
        var edges = await page.EvaluateAsync<double[]>("[...document.querySelectorAll('.result, .row .lane, .row .op, .filters > *, header > *')].map(part => part.getBoundingClientRect().right)");
        Assert.InRange(edges.Max(), 200, 380);
        _viewer.MustBeQuiet();
    }

    [Fact]
    public async Task What_spans_say_is_shown_and_never_run()
    {
        var page = await Trace();

        Assert.Equal(1, await page.GetByText(BrowserScenario.Markup).CountAsync());
        Assert.Equal(0, await page.Locator("main img").CountAsync());
        Assert.NotEqual("broken into", await page.TitleAsync());
        _viewer.MustBeQuiet();
    }

    async Task<IPage> Trace()
    {
        var page = await _viewer.Open(chromium, $"/trace/{BrowserScenario.Trace}");
        await page.Locator(".row").First.WaitForAsync();
        return page;
    }

    static Task<string> Colour(ILocator locator) => locator.EvaluateAsync<string>("element => getComputedStyle(element).color");

    static bool Close((double Left, double Width) expected, (double Left, double Width) actual) =>
        Math.Abs(expected.Left - actual.Left) < 0.01 && Math.Abs(expected.Width - actual.Width) < 0.01;
}
