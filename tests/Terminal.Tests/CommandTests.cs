namespace Shop.Terminal.Tests;

/// <summary>
/// Every command, in the terminals people have: wide and narrow ones, ones that answer questions and ones that do not,
/// and none.
/// </summary>
public sealed class CommandTests(RunningSystem shop) : IClassFixture<RunningSystem>
{
    static readonly string[] _commands =
    [
        "up", "status", "order --watch", "orders", "trace", "logs --lines 5", "load --rate 5 --seconds 1", "audit", "drill --list",
        "dead-letters", "--help",
    ];

    static readonly string[] _interrupted = [
        "logs --follow|gateway",
        "subscribe|Listening",
        "load --rate 5 --seconds 60|accepted",
        "order --payment tok_slow --watch|StockReserved"
    ];

    public static TheoryData<string> Commands => [.. _commands];

    public static TheoryData<string> Interrupted => [.. _interrupted];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_is_right_in_a_wide_terminal(string command)
    {
        await using var terminal = shop.Type(command);

        await TypedSystem.MustBeRight(terminal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_is_right_in_a_narrow_terminal_that_answers_no_question(string command)
    {
        await using var terminal = shop.Type(command, TypedSystem.Narrow, answers: false);

        await TypedSystem.MustBeRight(terminal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_has_no_colours_where_they_are_not_wanted(string command)
    {
        await using var terminal = shop.Type(command, settings: ("NO_COLOR", "1"));

        await TypedSystem.MustBeRight(terminal);

        Assert.DoesNotMatch("\e\\[[0-9;]*(3|4|9|10)[0-9](;[0-9;]*)?m", terminal.Output);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_writes_plain_text_where_there_is_no_terminal(string command)
    {
        var result = await shop.Pipe(command);

        Assert.True(result.Succeeded, result.Output);
        TypedSystem.MustBeReadable(result.Output);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Theory]
    [InlineData("dumb")]
    [InlineData("linux")]
    public async Task Other_kinds_of_terminals_do(string kind)
    {
        await using var terminal = shop.Type("status", settings: [("TERM", kind), ("LANG", "C"), ("LC_ALL", "C")]);

        Assert.Contains("gateway", await TypedSystem.MustBeRight(terminal), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Interrupted))]
    public async Task Ctrl_C_ends_a_command_with_one_line(string commandAndSign)
    {
        var (command, sign) = (commandAndSign.Split('|')[0], commandAndSign.Split('|')[1]);
        await using var terminal = shop.Type(command);
        await terminal.Shows(sign);

        terminal.PressCtrlC();

        Assert.EndsWith(
            "Interrupted.", (await TypedSystem.MustBeRight(terminal, RunningSystem.Interrupted)).TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_in_the_demo_says_what_still_runs()
    {
        await using var terminal = shop.Type("demo");
        await terminal.Shows("2. The payment provider declines");

        terminal.PressCtrlC();

        var text = await TypedSystem.MustBeRight(terminal, RunningSystem.Interrupted);
        Assert.Contains("Interrupted. Still running: ", text, StringComparison.Ordinal);
        Assert.Contains("./shop down", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_kills_every_process_of_payment_so_that_the_order_waits()
    {
        var before = shop.State.Processes.All.Where(record => record.Name.StartsWith("payment-", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, before.Length);
        await using var terminal = shop.Type("demo", TypedSystem.Narrow, answers: false);

        var text = await TypedSystem.MustBeRight(terminal);

        Assert.All(before, payment => Assert.Contains($"killed {payment.Name} (pid {payment.Pid})", text, StringComparison.Ordinal));
        Assert.All(before, payment => Assert.NotEqual(payment.Pid, shop.State.Processes.Find(payment.Name)!.Pid));
    }

    [Fact]
    public async Task A_drill_fits_a_narrow_terminal()
    {
        await using var terminal = shop.Type("drill kill-payment --orders 20", TypedSystem.Narrow, answers: false);

        await TypedSystem.MustBeRight(terminal);

        Assert.Empty(shop.DrillState.Processes.All);
    }

    [Fact]
    public async Task An_interrupted_drill_leaves_nothing_behind()
    {
        await using var terminal = shop.Type("drill kill-payment --orders 20");
        await terminal.Shows("PostgreSQL on");

        terminal.PressCtrlC();

        await TypedSystem.MustBeRight(terminal, RunningSystem.Interrupted);
        Assert.DoesNotContain(shop.Running(), command => command.Contains(shop.DrillState.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tests_can_be_run_in_a_narrow_terminal()
    {
        await using var terminal = shop.Type(
            "test --project tests/Contracts.Tests --filter-class *SampleTests", TypedSystem.Narrow, answers: false);

        Assert.Contains("0 failed", await TypedSystem.MustBeRight(terminal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_the_logs_ends_when_nobody_reads_on()
    {
        var result = await shop.Shell("timeout 60 ./shop logs --follow | head -1; exit ${PIPESTATUS[0]}");

        Assert.True(result.Succeeded, $"{result.ExitCode}: {result.Output}");
        Assert.Single(result.Output.Split('\n'));
    }
}

/// <summary>A system with two processes of payment, brought up by somebody with a narrow terminal.</summary>
public sealed class RunningSystem : TypedSystem
{
    public const int Interrupted = 130;

    public override async ValueTask InitializeAsync()
    {
        await using (var up = Type("up --replicas payment=2", Narrow, answers: false))
        {
            await MustBeRight(up);
        }

        // Something to list, and to show a trace of.
        Assert.True((await Pipe("order")).Succeeded);
    }
}
