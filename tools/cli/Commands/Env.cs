using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Cli.Commands;

/// <summary>./shop env: the settings a process gets from ./shop up, to start it by hand or in a debugger.</summary>
static class Env
{
    const string Shell = "shell";
    const string DotEnv = "dotenv";
    const string Json = "json";

    public static Command Command(Checkout checkout)
    {
        var name = Values.Processes();
        var format = new Option<string>("--format")
        {
            Description = $"{Shell}: eval \"$(./shop env payment)\"; {DotEnv}: a file of KEY=value lines; {Json}: one object",
            DefaultValueFactory = _ => Shell,
        };
        format.AcceptOnlyFromAmong(Shell, DotEnv, Json);
        var command = new Command("env", "Prints the settings ./shop up gives a service, passwords among them") { name, format };
        command.SetAction(parsed =>
        {
            var process = new ShopPrograms(checkout).Find(parsed.GetRequiredValue(name), SystemPlan.Of(checkout.State).Replicas)[0];
            Terminal.Line(Text(process, parsed.GetRequiredValue(format)));
        });
        return command;
    }

    internal static string Text(BackgroundProcess process, string format)
    {
        var settings = process.Environment.OrderBy(setting => setting.Key, StringComparer.Ordinal);
        return format switch
        {
            Json => JsonSerializer.Serialize(settings.ToDictionary(), Print.JsonFormat),
            DotEnv => string.Join('\n', settings.Select(setting => $"{setting.Key}={setting.Value}")),
            _ => string.Join('\n', settings.Select(setting => $"export {setting.Key}={Quoted(setting.Value)}")),
        };
    }

    // A shell reads everything between single quotes as it is, except a single quote.
    static string Quoted(string value) => $"'{value.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
