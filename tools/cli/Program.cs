using System.CommandLine;
using Shop.Cli;
using Shop.Cli.Commands;

var checkout = Checkout.Find();
var shop = new Command("./shop", "Runs, shows and tests the Shop system of this checkout.")
{
    Up.Command(checkout),
    Down.Command(checkout),
    Status.Command(checkout),
    Logs.Command(checkout),
    Token.Command(checkout),
};
return await CommandLine.Run(shop, args);
