using System.CommandLine;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Cli.Commands;

/// <summary>./shop subscribe: every event as it is announced, heard by a program in another language.</summary>
static class Subscribe
{
    public static Command Command(Checkout checkout)
    {
        var count = Values.Number("--count", "End after so many events; without it, when interrupted", 1, int.MaxValue);
        var command = new Command("subscribe", "Prints every event as it is announced: a subscriber in Python (tools/subscriber)")
        {
            count,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var steps = new Steps(Terminal.Error);
            await DebianPackages.AddMissing([DebianPackages.Pika], steps, cancellation);
            var user = BrokerAccess.User(BrokerAccess.Subscriber, checkout.State.Secrets);
            string[] program = [ServerPrograms.Python!, "-u", Path.Combine(checkout.Root, "tools", "subscriber", "subscriber.py")];
            var result = await Tool.Run(
                [.. program, .. parsed.GetValue(count) is { } enough ? [$"{enough}"] : Array.Empty<string>()],
                environment: new Dictionary<string, string>
                {
                    ["SHOP_BROKER"] =
                        $"amqp://{user.Name}:{user.Password}@127.0.0.1:{checkout.Ports.RabbitMq.Amqp}/{BrokerAccess.VirtualHost}",
                },
                onLine: Terminal.Line,
                cancellation: cancellation);
            return result.ExitCode;
        });
        return command;
    }
}
