using System.Text.RegularExpressions;
using Shop.Chaos.Auditing;
using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.Cli.Tests;

/// <summary>docs/messages.md agrees with the program: message bodies, and the services that may send and read each message.</summary>
public sealed partial class MessageCatalogueTests
{
    const string Anybody = "anybody";

    static readonly string _root = Checkout.FindRoot();

    static readonly Row[] _rows = [.. Rows().Matches(File.ReadAllText(Path.Combine(_root, "docs", "messages.md")))
        .Select(row => new Row(row.Groups["name"].Value, row.Groups["from"].Value, row.Groups["to"].Value, row.Groups["body"].Value))];

    static readonly IReadOnlyList<BrokerUser> _users =
        BrokerAccess.Users(new Secrets(Path.Combine(Directory.CreateTempSubdirectory("shop-catalogue-").FullName, "secrets")));

    [Fact]
    public void Every_message_is_listed_with_its_newest_body()
    {
        var samples = Directory.GetFiles(Path.Combine(_root, "tests", "Contracts.Tests", "Samples"))
            .GroupBy(file => string.Join(':', Path.GetFileName(file).Split('.')[..2]))
            .ToDictionary(files => files.Key, files => File.ReadAllText(files.Order(StringComparer.Ordinal).Last()).Trim());

        Assert.Equal(samples.OrderBy(sample => sample.Key), _rows.ToDictionary(row => row.Name, row => row.Body).OrderBy(row => row.Key));
    }

    [Fact]
    public void Only_the_sender_may_publish_it() => Assert.All(_rows, row => Assert.Equal(
        [row.From],
        _users.Where(user => Regex.IsMatch(Exchange(row), user.Write)).Select(user => user.Name)));

    [Fact]
    public void Its_receiver_may_read_it_and_the_subscriber_if_it_is_an_event() => Assert.All(_rows, row => Assert.Equal(
        Readers(row).Order(StringComparer.Ordinal),
        // The sender is left out, because a service may read its own exchanges.
        _users.Where(user => user.Name is not BrokerAccess.Monitor && user.Name != row.From && Regex.IsMatch(Exchange(row), user.Read))
            .Select(user => user.Name).Order(StringComparer.Ordinal)));

    [Fact]
    public void The_audit_holds_the_same_sender_against_the_same_receiver()
    {
        var contract = Route.All.Where(route => route.Kind.StartsWith("Shop.Contracts.", StringComparison.Ordinal));

        Assert.Equal(
            _rows.Where(row => row.To is not Anybody).Select(row => (Exchange(row), row.From, row.To)).Order(),
            contract.Select(route => (route.Kind, route.Sender, route.Receiver)).Order());
        Assert.Equal(_rows.Where(row => row.To is Anybody).Select(Exchange).Order(), Route.Announcements.Order());
        Assert.All(Route.All, route => Assert.StartsWith(route.Receiver + "-", route.Endpoint, StringComparison.Ordinal));
    }

    [Fact]
    public void The_subscriber_listens_to_every_event()
    {
        var program = File.ReadAllText(Path.Combine(_root, "tools", "subscriber", "subscriber.py"));

        Assert.All(_rows, row => Assert.Equal(!IsCommand(row), program.Contains($"\"{row.Name}\"", StringComparison.Ordinal)));
    }

    static string[] Readers(Row row) => row switch
    {
        { To: Anybody } => [BrokerAccess.Subscriber],
        _ when IsCommand(row) => [row.To],
        _ => [row.To, BrokerAccess.Subscriber],
    };

    // A command belongs to the service that obeys, an event to the one that announces.
    static bool IsCommand(Row row) => row.Name.StartsWith(row.To, StringComparison.OrdinalIgnoreCase);

    static string Exchange(Row row) => $"Shop.Contracts.{row.Name}";

    [GeneratedRegex(@"^\| `(?<name>\w+:\w+)` \| (?<from>\w+) \| (?<to>\w+) \| `(?<body>\{.*\})` \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();

    sealed record Row(string Name, string From, string To, string Body);
}
