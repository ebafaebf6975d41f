using System.Text.Json;
using System.Text.RegularExpressions;
using Shop.Launcher;

namespace Shop.EndToEnd.Tests;

/// <summary>The practice with dead letters works as README.md describes it.</summary>
public sealed partial class DeadLetterPracticeTests(ShopSystem shop)
{
    [Fact]
    public async Task The_practice_of_the_readme_ends_with_one_message_replayed_one_discarded_and_a_clean_audit()
    {
        var commands = await Commands();
        Assert.Equal(
            ["practise", "", "audit", "show ID", "replay --all", "", "discard ID", "audit"],
            commands.Select(command => command.Replace("dead-letters", "", StringComparison.Ordinal).Trim()));

        var made = await shop.Shop(commands[0]);
        var (unreadable, early) = (Id().Matches(made)[0].Value, Id().Matches(made)[1].Value);
        var order = Guid.Parse(Order().Match(made).Groups[1].Value);
        var list = await shop.Shop(commands[1]);
        Assert.Single(
            list.Split('\n'),
            line => line.StartsWith(unreadable, StringComparison.Ordinal) && line.Contains("invalid", StringComparison.Ordinal));
        Assert.Single(
            list.Split('\n'),
            line => line.StartsWith(early, StringComparison.Ordinal) && line.Contains("StockReserved state", StringComparison.Ordinal));
        Assert.Contains("2 waiting", list, StringComparison.Ordinal);

        await shop.Reach(order, shop.Token("practice"), 60, "Confirmed");
        var audit = await shop.Shop(commands[2], mayFail: true);
        Assert.Equal(
            new[] { early, unreadable }.Order(StringComparer.Ordinal),
            Finding().Matches(audit).Select(found => found.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Contains(" invariants, 2 violations", audit, StringComparison.Ordinal);

        Assert.Contains(
            "this is not JSON", await shop.Shop(commands[3].Replace("ID", unreadable, StringComparison.Ordinal)), StringComparison.Ordinal);
        await shop.Shop(commands[4]);
        await shop.Reach(order, shop.Token("practice"), 60, "Cancelled");
        await ShopSystem.Until(
            async () => await Waiting() is [var only] && only == unreadable, 60, () => "only the unreadable message to wait");
        Assert.Contains("1 waiting", await shop.Shop(commands[5]), StringComparison.Ordinal);

        await shop.Shop(commands[6].Replace("ID", unreadable, StringComparison.Ordinal));
        Assert.Contains(" invariants, 0 violations", await shop.Shop(commands[7]), StringComparison.Ordinal);
    }

    async Task<string[]> Waiting()
    {
        var list = JsonDocument.Parse(await shop.Shop("dead-letters --json")).RootElement;
        return [.. list.GetProperty("deadLetters").EnumerateArray().Where(letter => letter.GetProperty("failures").GetInt32() == 2)
            .Select(letter => letter.GetProperty("id").GetString()!), .. Enumerable.Repeat(
                "another", list.GetProperty("waiting").GetInt32() - 1)];
    }

    static async Task<string[]> Commands()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Checkout.FindRoot(), "README.md"), TestContext.Current.CancellationToken);
        return [.. Block().Match(text).Groups[1].Value.Split('\n').Select(line => line["./shop ".Length..])];
    }

    [GeneratedRegex("## Practise with dead letters\n\n```\n(.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("^[a-z-]+-[0-9a-f]{16}(?= )", RegexOptions.Multiline)]
    private static partial Regex Id();

    [GeneratedRegex("its order ([0-9a-f-]{36})")]
    private static partial Regex Order();

    [GeneratedRegex("dead letter (\\S+) of ordering: expected replayed or discarded, found waiting")]
    private static partial Regex Finding();
}
