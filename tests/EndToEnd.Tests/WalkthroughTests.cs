using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Shop.Launcher;

namespace Shop.EndToEnd.Tests;

/// <summary>
/// The walkthrough of docs/tracing.md, in a system of its own with the default settings. The output has everything the text describes, and
/// so does the output in the document.
/// </summary>
public sealed partial class WalkthroughTests
{
    // The offset is no multiple of those that people choose.
    const int PortsAbove = 1777;
    static readonly TimeSpan _caseLimit = TimeSpan.FromMinutes(4);

    static readonly string _root = Checkout.FindRoot();

    static readonly Dictionary<string, string> _environment = new()
    {
        [Checkout.StateVariable] = Path.Combine(_root, ".shop", "test-walkthrough"),
        [Ports.Variable] = $"{Ports.FromEnvironment().Offset + PortsAbove}",
    };

    /// <summary>A case, and what one learns to see in it.</summary>
    static readonly (string Title, string[] Seen)[] _cases =
    [
        ("A confirmed order", [
            "^Confirmed after",
            "● ordering publish Inventory:ReserveStock",
            "● waited .* in outbox",
            "● waited .* in queue",
            "● ordering publish Ordering:OrderConfirmed"
        ]),
        ("A declined payment", [
            @"^Cancelled \(payment_declined\) after",
            "● payment publish Payment:PaymentDeclined",
            "● ordering publish Inventory:ReleaseStock"
        ]),
        ("A slow payment", ["^Confirmed after", @"● payment POST /v1/charges .* [5-9]\.\d\d s"]),
        ("Payment killed during the charge", [
            "○ no span tells of", "payment attempt payment 2", "payment GET /v1/charges", "payment publish Payment:PaymentTaken"
        ]),
        ("A late refund", [
            @"Cancelled \(payment_timeout\) after",
            @"waited (2\.9|3\.\d)\d s in schedule",
            "ordering publish Payment:RefundPayment",
            "payment POST /v1/charges/ch_[0-9a-f]+"
        ]),
    ];

    [Fact]
    public async Task What_the_walkthrough_says_one_will_see_is_seen()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(_root, "docs", "tracing.md"), TestContext.Current.CancellationToken);
        var sections = Section().Split(text);
        Assert.Equal(
            _cases.Select((one, number) => $"{number + 1}. {one.Title}"),
            sections.Select(section => section.Split('\n')[0]).Where(title => char.IsAsciiDigit(title[0])));
        // The first order runs through code that is not compiled yet, and what is slow in its trace is the compiler.
        await Run("./shop down --wipe && ./shop up && ./shop order --watch");
        try
        {
            foreach (var (title, seen) in _cases)
            {
                var section = sections.Single(section => section.Split('\n')[0].EndsWith($". {title}", StringComparison.Ordinal));
                var output = await Run(string.Join('\n', Commands().Matches(section).Select(block => block.Groups[1].Value)));
                var shown = string.Join('\n', Output().Matches(section).Select(block => block.Groups[1].Value));
                foreach (var pattern in seen)
                {
                    Assert.True(Regex.IsMatch(output, pattern, RegexOptions.Multiline), $"{title}: there is no {pattern} in\n{output}");
                    Assert.True(Regex.IsMatch(shown, pattern, RegexOptions.Multiline), $"{title}: the document does not show {pattern}");
                }
            }
        }
        finally
        {
            await Run("./shop down --wipe");
        }
    }

    // The command runs like one at a terminal, in the root of the checkout.
    static async Task<string> Run(string commands)
    {
        var start = new ProcessStartInfo("bash", ["-c", "set -e\n" + commands])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _root
        };
        foreach (var (key, value) in _environment)
        {
            start.Environment[key] = value;
        }

        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        foreach (var register in new Action<DataReceivedEventHandler>[] { handler =>
            process.OutputDataReceived += handler, handler => process.ErrorDataReceived += handler })
        {
            register((_, line) =>
            {
                lock (output)
                {
                    output.Append(line.Data).Append('\n');
                }
            });
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(_caseLimit);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{commands}\nended with {process.ExitCode}:\n{output}");
        return output.ToString();
    }

    [GeneratedRegex("^## ", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex("^```sh\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Commands();

    [GeneratedRegex("^```text\n(.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Output();
}
