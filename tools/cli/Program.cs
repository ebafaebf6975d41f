using System.CommandLine;
using Shop.Cli;
using Shop.Cli.Commands;
using Shop.Cli.Demo;
using Shop.Cli.Orders;
using Shop.Cli.Testing;
using Shop.Cli.Traces;
using Shop.Launcher;
using Shop.Launcher.Processes;

return await CommandLine.Run(args, arguments =>
{
    KnownEnvironment.Enter();
    var (isCompose, rest) = ComposeCommands.Of(arguments);
    var checkout = Checkout.Find();
    return (isCompose ? ComposeCommands.All(checkout) : Local(checkout), rest);
});

static Command Local(Checkout checkout) => new(
    "./shop", "Runs, shows and tests the Shop system of this checkout. With --target compose: that of docker-compose.yml.")
{
    DemoCommand.Command(checkout),
    Up.Command(checkout),
    Down.Command(checkout),
    Restart.Command(checkout),
    Status.Command(checkout),
    LogsCommand.Command(checkout),
    KeepLogs.Command(),
    OrderCommand.Command(checkout),
    OrdersCommand.Command(checkout),
    TraceCommand.Command(checkout),
    Token.Command(checkout),
    Env.Command(checkout),
    AuditCommand.Command(checkout),
    Subscribe.Command(checkout),
    DeadLettersCommand.Command(checkout),
    LoadCommand.Command(checkout),
    BenchCommand.Command(checkout),
    DrillCommand.Command(checkout),
    SimulateCommand.Command(),
    TestCommand.Command(checkout),
};
