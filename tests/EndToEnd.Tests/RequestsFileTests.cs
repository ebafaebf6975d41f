using System.Text.RegularExpressions;
using Shop.Launcher.Client;

namespace Shop.EndToEnd.Tests;

/// <summary>Every request of requests.http works, from the first to the last.</summary>
public sealed partial class RequestsFileTests(ShopSystem shop)
{
    [Fact]
    public async Task Every_request_of_the_file_is_answered_well()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(shop.Checkout.Root, "requests.http"), TestContext.Current.CancellationToken);
        var order = "";
        var failed = new List<string>();
        foreach (var request in text.Split("\n### ").Skip(1).Select(part => Request().Match(part)))
        {
            Assert.True(request.Success);
            var method = new HttpMethod(request.Groups["method"].Value);
            var path = request.Groups["path"].Value.Replace("{{placed.response.body.$.orderId}}", order, StringComparison.Ordinal);
            var token = request.Groups["token"] switch
            {
                { Value: "customer" } => shop.Token(),
                { Value: "staff" } => shop.Token("staff", Tokens.Staff),
                _ => null,
            };
            var answer = await shop.Send(method, path, token, request.Groups["body"] is { Success: true, Value: var body } ? body : null);
            if (answer.Status is < 200 or > 299)
            {
                failed.Add($"{method} {path}: {answer.Status} {answer.Body}");
            }
            else if (order is "" && method == HttpMethod.Post)
            {
                order = answer.Json.GetProperty("orderId").GetString()!;
                await shop.End(Guid.Parse(order), shop.Token());
            }
        }

        Assert.Equal([], failed);
        Assert.NotEqual("", order);
    }

    // A line that begins with # is a comment, or a name.
    [GeneratedRegex(
        @"\A.*\n(?:\#.*\n)*(?<method>[A-Z]+) \{\{gateway\}\}(?<path>\S+)\n(?:Authorization: Bearer \{\{(?<token>\w+)\}\}\n)?(?:[A-Za-z-]+: .*\n)*(?:\n(?<body>\{.*\}))?")]
    private static partial Regex Request();
}
