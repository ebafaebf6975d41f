using System.CommandLine;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Running;

namespace Shop.Cli.Commands;

/// <summary>./shop status: what runs, how it is, and what waits in queues and outboxes.</summary>
static class Status
{
    public static Command Command(Checkout checkout)
    {
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("status", "Shows processes, queues and outboxes") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var status = await SystemStatus.Read(checkout, cancellation);
            if (parsed.GetValue(json))
            {
                Print.Json(status);
            }
            else
            {
                Show(status, checkout.Ports.Offset);
            }

            return 0;
        });
        return command;
    }

    static void Show(SystemStatus status, int portOffset)
    {
        if (status.Processes is [])
        {
            Print.Line("Nothing is running. Start it with ./shop up.");
            return;
        }

        var processes = new TextTable("process", "#pid", "#port", "health");
        foreach (var process in status.Processes)
        {
            processes.Add(process.Name, $"{process.Pid}", $"{process.Port}", Coloured(process.Health));
        }

        Print.Table(processes);
        Print.Line();
        if (status.Processes.Any(process => Replicas.IsService(process.Name)))
        {
            var replicas = Replicas.Of(status.Processes.Select(process => process.Name));
            Print.Line($"Replicas: {string.Join(", ", replicas.Select(service => $"{service.Key} {service.Value}"))}");
        }

        if (status.Without is not [])
        {
            Print.Line($"Left to you: {string.Join(", ", status.Without)} (settings: ./shop env; ./shop restart takes one back)");
        }

        if (status.PortOffset != portOffset)
        {
            Print.Line(
                $"This system runs with {Ports.Variable}={status.PortOffset}. A command with {portOffset} looks at the wrong ports.");
        }

        if (status.Queues is not [])
        {
            Print.Line();
            var queues = new TextTable("queue", "#ready", "#unacked");
            foreach (var queue in status.Queues)
            {
                queues.Add(queue.Name, $"{queue.Ready}", $"{queue.Unacked}");
            }

            Print.Table(queues);
        }

        if (status.Outbox is not [])
        {
            Print.Line();
            Print.Line($"Outbox rows: {string.Join(", ", status.Outbox.Select(outbox => $"{outbox.Service} {outbox.Rows}"))}");
        }
    }

    static string Coloured(Health health)
    {
        var text = health.ToString().ToLowerInvariant();
        return health switch
        {
            Health.Ready => Print.Green(text),
            Health.Starting or Health.Degraded => Print.Yellow(text),
            _ => Print.Red(text),
        };
    }
}
