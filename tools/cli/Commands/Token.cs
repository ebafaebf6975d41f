using System.CommandLine;
using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Cli.Commands;

/// <summary>./shop token: a bearer token, alone on standard output.</summary>
static class Token
{
    const int LifetimeHours = 12;
    const int LifetimeDaysMax = 366;

    public static Command Command(Checkout checkout)
    {
        var name = Values.Name("name", "The customer's name: the subject of the token");
        var role = new Option<string>("--role") { Description = "What the bearer may do", DefaultValueFactory = _ => Tokens.Customer };
        role.AcceptOnlyFromAmong(Tokens.Customer, Tokens.Staff);
        var lifetime = Values.Time(
            "--lifetime", "How long it is valid", TimeSpan.FromHours(LifetimeHours), most: TimeSpan.FromDays(LifetimeDaysMax));
        var command = new Command("token", "Prints a bearer token for the local system") { name, role, lifetime };
        command.SetAction(parsed =>
        {
            var tokens = new Tokens(checkout.State.Secrets, TimeProvider.System);
            Terminal.Line(tokens.Issue(parsed.GetRequiredValue(name), parsed.GetRequiredValue(role), parsed.GetValue(lifetime)));
            return 0;
        });
        return command;
    }
}
