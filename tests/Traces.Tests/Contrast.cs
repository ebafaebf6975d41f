namespace Shop.Traces.Tests;

/// <summary>The contrast of a text with its background by the Web Content Accessibility Guidelines: 1 to 21.</summary>
static class Contrast
{
    /// <summary>Red, green and blue of an element's background, from 0 to 255.</summary>
    public const string Channels =
        "selector => getComputedStyle(document.querySelector(selector)).backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number)";

    /// <summary>For every element with text of its own: the channels of its colour, and of the nearest background there is.</summary>
    public const string Texts =
        """
        () => [...document.querySelectorAll('header *, main *')]
          .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()) && one.tagName !== 'OPTION')
          .map(one => {
            const channels = colour => colour.match(/[\d.]+/g).map(Number);
            let behind = one;
            while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) { behind = behind.parentElement; }
            return [...channels(getComputedStyle(one).color).slice(0, 3), ...channels(getComputedStyle(behind).backgroundColor).slice(0, 3)];
          })
        """;

    public static double Ratio(double[] one, double[] other)
    {
        var (light, dark) = (Luminance(one), Luminance(other));
        return (Math.Max(light, dark) + 0.05) / (Math.Min(light, dark) + 0.05);
    }

    public static double Luminance(double[] channels)
    {
        var linear = channels.Select(channel => channel / 255)
            .Select(share => share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4)).ToArray();
        return (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
    }
}
