using Microsoft.Playwright;
using Shop.Launcher.Servers;

namespace Shop.Traces.Tests;

/// <summary>All tests of pages share one browser.</summary>
[CollectionDefinition]
public sealed class OneBrowser : ICollectionFixture<Chromium>;

/// <summary>The machine's own Chromium, without a window, with a profile of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    // Chromium makes no network requests of its own, and needs no rights that a container lacks.
    static readonly string[] _switches =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    IPlaywright? _playwright;
    IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var program = ServerPrograms.Browser
            ?? throw new InvalidOperationException(
                "There is no Chromium here. ./shop test installs it on Debian and Ubuntu; elsewhere install Chromium or Chrome, with chromium on the search path.");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Headless = true, Args = _switches });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A page nobody has visited before, far from UTC and from a clock of 24 hours.</summary>
    public async Task<IPage> NewPage(ColorScheme scheme = ColorScheme.Light, int width = 1200)
    {
        var context = await _browser!.NewContextAsync(new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 800 },
            Locale = "en-US",
            TimezoneId = "America/New_York",
        });
        return await context.NewPageAsync();
    }
}
