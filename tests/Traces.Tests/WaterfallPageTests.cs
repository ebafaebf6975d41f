using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Shop.Traces.Tests;

/// <summary>The page of a trace in a real browser.</summary>
[Collection<OneBrowser>]
public sealed class WaterfallPageTests(Chromium chromium) : IAsyncLifetime
{
    // The rows that are shown.
    const string Rows = "[...document.querySelectorAll('.row')].filter(row => row.checkVisibility())";
    const string Piece = "getComputedStyle(row.querySelector('.piece')).backgroundColor";

    BrowserScenario _viewer = null!;

    public async ValueTask InitializeAsync() => _viewer = await BrowserScenario.Start();

    public ValueTask DisposeAsync() => _viewer.DisposeAsync();

    [Fact]
    public async Task Spans_stand_below_their_parents_in_the_colours_of_their_services()
    {
        var page = await Trace();

        Assert.Equal(
            [
                "● POST /orders gateway", "● POST /orders/ ordering", "commit ordering", "2 statements ordering",
                "● publish Inventory:ReserveStock ordering",
                "● waited in outbox ordering", "● process inventory-stock inventory", "● POST /v1/charges 503 payment",
                "○ no span tells of 20.0 ms",
                "● process ordering-orders ordering", $"{BrowserScenario.Markup} ordering",
            ],
            await Shown(page));
        var colours = await page.EvaluateAsync<string[]>($"{Rows}.map(row => {Piece})");
        Assert.Equal(colours[1], colours[2]);
        Assert.Equal(4, new[] { colours[0], colours[1], colours[6], colours[7] }.Distinct().Count());
        var lefts = await page.EvaluateAsync<double[]>($"{Rows}.map(row => row.querySelector('.dot').getBoundingClientRect().left)");
        Assert.True(lefts[0] < lefts[1] && lefts[1] < lefts[2] && lefts[2] == lefts[4] && lefts[2] < lefts[3] && lefts[4] < lefts[5]);
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task A_bar_is_as_long_as_its_span_and_stands_where_it_was()
    {
        var page = await Trace();

        var bars = await page.EvaluateAsync<double[][]>(
            $$"""
            {{Rows}}.map(row => {
              const lane = row.querySelector('.lane').getBoundingClientRect(), piece = row.querySelector('.piece').getBoundingClientRect();
              return [(piece.left - lane.left) / lane.width, piece.width / lane.width];
            })
            """);

        // The trace takes 90 ms: the stock's part from 31 to 60, the payment's from 40 to 55, and nobody tells of the time from 60 to 80.
        Assert.Equal((31 / 90.0, 29 / 90.0), (bars[6][0], bars[6][1]), Close);
        Assert.Equal((40 / 90.0, 15 / 90.0), (bars[7][0], bars[7][1]), Close);
        Assert.Equal((60 / 90.0, 20 / 90.0), (bars[8][0], bars[8][1]), Close);
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task Statements_are_folded_and_open_one_by_one_or_all_at_once()
    {
        var page = await Trace();
        var statements = page.Locator(".row", new() { HasTextRegex = new Regex("insert (orders|outbox)") });
        Assert.Equal(0, await Visible(statements));

        await page.Locator(".row", new() { HasText = "2 statements" }).ClickAsync();
        Assert.Equal(2, await Visible(statements));
        await statements.First.ClickAsync();
        Assert.Contains("db.system.name", await page.Locator(".detail").InnerTextAsync(), StringComparison.Ordinal);
        await page.Locator(".row", new() { HasText = "2 statements" }).ClickAsync();
        Assert.Equal(0, await page.Locator(".detail").CountAsync());
        Assert.Equal(0, await Visible(statements));

        await page.GetByLabel("statements").CheckAsync();
        Assert.Equal(2, await Visible(statements));
        await page.GetByLabel("statements").UncheckAsync();
        Assert.Equal(0, await Visible(statements));
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task A_link_leads_to_a_statement_that_is_folded()
    {
        var page = await _viewer.Open(chromium, $"/trace/{BrowserScenario.Trace}#span-000000000000000b");

        var opened = page.Locator("#span-000000000000000b");
        await Assertions.Expect(opened).ToBeVisibleAsync();
        await Assertions.Expect(opened).ToBeFocusedAsync();
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task Only_what_led_to_the_end_is_shown_on_demand()
    {
        var page = await Trace();
        var all = await Shown(page);

        await page.GetByLabel("only what led to the end").FocusAsync();
        await page.Keyboard.PressAsync("Space");
        Assert.Equal(all.Where(row => row[0] is '●' or '○'), await Shown(page));

        // The keys skip rows that are not shown.
        await page.Locator(".row", new() { HasText = "no span tells" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(page.Locator(".row", new() { HasText = "process ordering-orders" })).ToBeFocusedAsync();
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task Time_that_nobody_tells_of_is_a_row_that_says_what_it_may_have_been()
    {
        var page = await Trace();

        await page.Locator(".row", new() { HasText = "no span tells of 20.0 ms" }).ClickAsync();

        Assert.Contains("a process that was killed", await page.Locator(".detail").InnerTextAsync(), StringComparison.Ordinal);
        _viewer.MustHaveNoProblems();
    }

    [Theory]
    [InlineData(390)]
    [InlineData(1280)]
    public async Task The_numbers_of_the_axis_stand_apart(int width)
    {
        var page = await _viewer.Open(chromium, $"/trace/{BrowserScenario.Trace}", width: width);
        await page.Locator(".row").First.WaitForAsync();

        var numbers = await page.EvaluateAsync<double[][]>(
            "[...document.querySelectorAll('.scale span')].filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect()).map(box => [box.left, box.right])");
        Assert.True(numbers.Length >= 3);
        Assert.All(numbers.Zip(numbers.Skip(1)), pair => Assert.InRange(pair.Second[0] - pair.First[1], 8, width));
        Assert.InRange(numbers[^1][1], 0, width);
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task A_span_that_failed_is_seen_without_a_click()
    {
        var page = await Trace();

        Assert.Contains("1 error", await page.Locator(".facts").First.InnerTextAsync(), StringComparison.Ordinal);
        var failed = page.Locator(".row", new() { HasText = "/v1/charges" });
        Assert.Equal("503", await failed.Locator(".why.error").InnerTextAsync());
        Assert.Equal(
            await Colour(page.Locator(".facts .error").First),
            await failed.Locator(".piece").EvaluateAsync<string>("piece => getComputedStyle(piece).backgroundColor"));
        _viewer.MustHaveNoProblems();
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
        _viewer.MustHaveNoProblems();
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
        _viewer.MustHaveNoProblems();
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
        _viewer.MustHaveNoProblems();
    }

    [Fact]
    public async Task What_spans_say_is_shown_and_never_run()
    {
        var page = await Trace();

        Assert.Equal(1, await page.GetByText(BrowserScenario.Markup).CountAsync());
        Assert.Equal(0, await page.Locator("main img").CountAsync());
        Assert.NotEqual("broken into", await page.TitleAsync());
        _viewer.MustHaveNoProblems();
    }

    async Task<IPage> Trace()
    {
        var page = await _viewer.Open(chromium, $"/trace/{BrowserScenario.Trace}");
        await page.Locator(".row").First.WaitForAsync();
        return page;
    }

    static Task<string[]> Shown(IPage page) =>
        page.EvaluateAsync<string[]>($"{Rows}.map(row => row.querySelector('.label').innerText.trim().replace(/\\s+/g, ' '))");

    static Task<int> Visible(ILocator rows) => rows.EvaluateAllAsync<int>("rows => rows.filter(row => row.checkVisibility()).length");

    static Task<string> Colour(ILocator locator) => locator.EvaluateAsync<string>("element => getComputedStyle(element).color");

    static bool Close((double Left, double Width) expected, (double Left, double Width) actual) =>
        Math.Abs(expected.Left - actual.Left) < 0.01 && Math.Abs(expected.Width - actual.Width) < 0.01;
}
