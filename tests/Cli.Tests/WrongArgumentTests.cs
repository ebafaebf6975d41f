using System.Diagnostics;
using System.Text.RegularExpressions;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Cli.Tests;

/// <summary>
/// A wrong argument gets a sentence that says what is right, without a stack trace or the name of a type, and nothing on standard output.
/// </summary>
public sealed partial class WrongArgumentTests : IDisposable
{
    static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    readonly string _folder = Directory.CreateTempSubdirectory("shop-wrong-").FullName;

    [Theory]
    [InlineData("trace nope", "\"nope\" is not the id of an order")]
    [InlineData("trace 0190a8b45f0e7c3d8a11d5b6f0a1b2c3", "not the id of an order")]
    [InlineData("trace --url nope", "--url must be an address")]
    [InlineData("logs --order nope", "\"nope\" is not the id of an order")]
    [InlineData("logs --lines -1", "--lines must be a whole number from 0 to 1000000")]
    [InlineData("logs --lines 99999999999", "--lines must be a whole number")]
    [InlineData("logs nobody", "no log")]
    [InlineData("orders --limit 0", "--limit must be a whole number from 1 to 100")]
    [InlineData("orders --limit many", "--limit must be a whole number")]
    [InlineData("order --quantity NaN", "--quantity must be a number from 1")]
    [InlineData("order --quantity -1", "--quantity must be a number from 1")]
    [InlineData("order --sku {empty}", "--sku must have 1 to 200 printable characters")]
    [InlineData("order --customer {empty}", "--customer must have")]
    [InlineData("order --customer {invalid}", "--customer must have")]
    [InlineData("token {empty}", "The name must have")]
    [InlineData("token", "Required argument missing")]
    [InlineData("token alice --lifetime 5", "--lifetime must be a time with its unit, such as")]
    [InlineData("token alice --lifetime 0h", "--lifetime must be a time")]
    [InlineData("token alice --lifetime -1h", "--lifetime must be a time")]
    [InlineData("token alice --lifetime 99999d", "at most 366d")]
    [InlineData("token alice --lifetime {empty}", "--lifetime must be a time")]
    [InlineData("token alice --role king", "'king'")]
    [InlineData("dead-letters show nope", "\"nope\" is not the id of a dead letter")]
    [InlineData("dead-letters show ..", "is not the id of a dead letter")]
    [InlineData("dead-letters show {empty}", "is not the id of a dead letter")]
    [InlineData("dead-letters discard nope", "is not the id of a dead letter")]
    [InlineData("dead-letters replay", "say --all")]
    [InlineData("dead-letters replay nope", "is not the id of a dead letter")]
    [InlineData("audit --wait -1", "--wait must be a whole number from 0")]
    [InlineData("load --rate NaN", "--rate must be a number from 0.1 to 10000, not \"NaN\"")]
    [InlineData("load --rate 1e300", "--rate must be a number")]
    [InlineData("load --seconds 0", "--seconds must be a whole number from 1")]
    [InlineData("load --concurrency 1.5", "--concurrency must be a whole number")]
    [InlineData("bench --only nobody", "There is no system \"nobody\" to measure; there are monolith, shop,")]
    [InlineData("bench --rates fast", "--rates: \"fast\" is neither a number of orders per second")]
    [InlineData("bench --rounds 0", "--rounds must be a whole number from 1 to 100")]
    [InlineData("drill nope", "There is no drill \"nope\"")]
    [InlineData("drill kill-payment --rate NaN", "--rate must be a number")]
    [InlineData("drill kill-payment --orders 0", "--orders must be a whole number")]
    [InlineData("drill kill-payment --seed x", "--seed must be a whole number")]
    [InlineData("simulate --shards x", "--shards: \"x\" is not a number from 1 to 1000")]
    [InlineData("simulate --shards {empty}", "--shards: \"\" is not a number")]
    [InlineData("simulate --hot NaN", "--hot must be a number from 0 to 0.9")]
    [InlineData("simulate --seed -1", "--seed must be a whole number from 0")]
    [InlineData("subscribe --count 0", "--count must be a whole number from 1")]
    [InlineData("up --replicas nope", "nope")]
    [InlineData("up --replicas ordering=0", "ordering")]
    [InlineData("up --servers --replicas 2", "--servers starts no service: leave out --replicas and --without")]
    [InlineData("up --servers --without payment", "--servers starts no service")]
    [InlineData("nonsense", "'nonsense'")]
    [InlineData("order --nonsense", "'--nonsense'")]
    [InlineData("order --target kubernetes", "--target must be local or compose, not \"kubernetes\"")]
    [InlineData("order --target", "--target must be local or compose")]
    public async Task A_wrong_argument_is_told_in_a_sentence(string arguments, string sentence)
    {
        var answer = await Shop(arguments);

        MustBeASentence(answer, sentence);
    }

    [Theory]
    [InlineData("SHOP_PORT_OFFSET", "abc", "SHOP_PORT_OFFSET must be a whole number from 0 to 8000, not \"abc\"")]
    [InlineData("SHOP_PORT_OFFSET", "-1", "SHOP_PORT_OFFSET must be a whole number")]
    [InlineData("SHOP_GATEWAY", "nope", "SHOP_GATEWAY must be an address")]
    [InlineData("SHOP_POSTGRES", "nope", "SHOP_POSTGRES must be a host and a port")]
    [InlineData("SHOP_STATE", "/dev/null", "SHOP_STATE")]
    [InlineData("SHOP_STATE", "/proc/nobody-can-write-here", "SHOP_STATE")]
    public async Task A_wrong_setting_is_told_in_a_sentence(string name, string value, string sentence)
    {
        var answer = await Shop("token alice", (name, value));

        MustBeASentence(answer, sentence);
    }

    [Theory]
    [InlineData("order")]
    [InlineData("orders")]
    [InlineData("dead-letters")]
    [InlineData("dead-letters practise")]
    [InlineData("audit --wait 0")]
    [InlineData("load --seconds 1")]
    [InlineData("trace")]
    [InlineData("logs")]
    public async Task Where_nothing_runs_each_command_says_so(string arguments)
    {
        var answer = await Shop(arguments);

        MustBeASentence(answer, "./shop");
    }

    [Fact]
    public async Task Ports_do_not_change_while_a_system_runs()
    {
        var state = new StateDirectory(Path.Combine(_folder, "state"));
        var me = Environment.ProcessId;
        state.Processes.Put(new("gateway", me, ProcFiles.IdentityOf(me)!, Port: 8780, Fingerprint: "", DateTimeOffset.UtcNow));
        new SystemPlan(Replicas.One, Without: [], PortOffset: 700).Keep(state);

        var answer = await Shop("up");

        MustBeASentence(
            answer,
            "This system runs with SHOP_PORT_OFFSET=700, and not with 7993. Ports do not change while it runs: ./shop down stops it.");
        Assert.Equal(700, SystemPlan.Of(state).PortOffset);
    }

    [Theory]
    [InlineData("--version", @"^\d+\.\d+")]
    [InlineData("status --target local", "^Nothing is running")]
    [InlineData("--target=local status", "^Nothing is running")]
    [InlineData("status --json", "^{")]
    [InlineData("bench --help", "(?s)^Description:.*--rounds .*--seconds .*--rates .*--only .*--json ")]
    [InlineData("bench --list", "(?m)^monolith +one process")]
    [InlineData("drill --list --json", @"^\[")]
    [InlineData("drill --list", "(?m)^kill-any +kill -9 of any process, again and again$")]
    [InlineData("token alice --lifetime 30m", @"^[\w-]+\.[\w-]+\.[\w-]+\n$")]
    [InlineData("simulate --shards 1 --json", @"^\[")]
    [InlineData("simulate --shards 1", "^shards  demand")]
    public async Task What_is_right_is_on_standard_output(string arguments, string pattern)
    {
        var answer = await Shop(arguments);

        Assert.True(answer.ExitCode == 0, answer.Error);
        Assert.Matches(pattern, answer.Output);
        Assert.DoesNotContain('\e', answer.Output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static void MustBeASentence(Answer answer, string sentence)
    {
        Assert.True(answer.ExitCode == 1, $"{answer.ExitCode}: {answer.Error}");
        Assert.Empty(answer.Output);
        Assert.Contains(sentence, answer.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(Inner(), answer.Error);
    }

    async Task<Answer> Shop(string arguments, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Checkout.FindRoot(), "tools", "cli", "bin", "Release", "net10.0", "Shop.Cli.dll"));
        foreach (var argument in arguments.Split(' '))
        {
            // The replacement for bytes that are not UTF-8.
            start.ArgumentList.Add(argument switch { "{empty}" => "", "{invalid}" => "\uFFFD", _ => argument });
        }

        // No system runs there.
        start.Environment[Checkout.StateVariable] = Path.Combine(_folder, "state");
        start.Environment[Ports.Variable] = "7993";
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(_limit);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return new(process.ExitCode, await output, await error);
    }

    // Parts of a stack trace or of an exception's name.
    [GeneratedRegex(@"^ +at |System\.|Exception", RegexOptions.Multiline)]
    private static partial Regex Inner();

    sealed record Answer(int ExitCode, string Output, string Error);
}
