using Microsoft.Playwright;

namespace Shop.Traces.Tests;

/// <summary>The search page and the look of all pages in a real browser.</summary>
[Collection<OneBrowser>]
public sealed class BrowserTests(Chromium chromium) : IAsyncLifetime
{
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
        await page.GetByRole(AriaRole.Heading, new() { Name = "Cancelled (payment_declined)" }).WaitForAsync();
        var facts = await page.Locator(".facts").First.InnerTextAsync();
        Assert.Contains(BrowserScenario.Order, facts, StringComparison.Ordinal);
        Assert.Contains("gateway: POST /orders", facts, StringComparison.Ordinal);
        Assert.Contains($"started {BrowserScenario.Started}", facts, StringComparison.Ordinal);
        Assert.StartsWith(
            $"Cancelled (payment_declined) · order {BrowserScenario.Order}", await page.TitleAsync(), StringComparison.Ordinal);
        _viewer.MustHaveNoProblems();
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
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task Orders_come_first_with_what_became_of_them_and_the_latest_first_on_demand()
    {
        var page = await _viewer.Open(chromium, "/search");
        var first = page.Locator(".result").First;
        Assert.Equal("Cancelled (payment_declined)", await first.Locator(".outcome").InnerTextAsync());
        Assert.Equal($"order {BrowserScenario.Order}", await first.Locator("small").First.InnerTextAsync());
        Assert.Equal(BrowserScenario.Started, await first.Locator(".when").InnerTextAsync());

        await page.GetByLabel("In order").SelectOptionAsync("latest first");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();

        await page.WaitForURLAsync("**ordersFirst=false**");
        await Assertions.Expect(first.Locator(".outcome")).ToHaveTextAsync("ordering: publish Inventory:ReserveStock");
        Assert.Equal($"order {BrowserScenario.OtherOrder}", await first.Locator("small").First.InnerTextAsync());
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task What_is_not_there_is_said_in_words()
    {
        var page = await _viewer.Open(chromium, "/search?service=nobody");
        Assert.Contains("No trace matches", await page.Locator("#results").InnerTextAsync(), StringComparison.Ordinal);
        _viewer.MustHaveNoProblems();

        // The browser itself reports a 404 as an error.
        var gone = await _viewer.Open(chromium, "/trace/00000000000000000000000000000abc");
        Assert.Contains("trace not found", await gone.GetByRole(AriaRole.Alert).InnerTextAsync(), StringComparison.Ordinal);
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
            // Text of every kind on the page, with its background.
            foreach (var pair in await page.EvaluateAsync<double[][]>(Contrast.Texts))
            {
                Assert.InRange(Contrast.Ratio(pair[..3], pair[3..]), 4.5, 21);
            }
        }

        Assert.True(backgrounds.Min() < 0.1 && backgrounds.Max() > 0.9);
        _viewer.MustHaveNoProblems();
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
        // Nothing is cut off at the window's edge: result, name and bar are inside.
        var edges = await page.EvaluateAsync<double[]>(
            "[...document.querySelectorAll('.result, .row .lane, .row .op, .filters > *, header > *')].map(part => part.getBoundingClientRect().right)");
        Assert.InRange(edges.Max(), 200, 380);
        _viewer.MustHaveNoProblems();
    }
}
