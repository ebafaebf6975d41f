using System.CommandLine;
using System.Text.Json;
using Shop.Cli.Running;
using Spectre.Console;

namespace Shop.Cli.Commands;

/// <summary>./shop status: what runs, how it is, and what waits in queues and outboxes.</summary>
static class Status
{
    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Command(Checkout checkout)
    {
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("status", "Shows processes, queues and outboxes") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var status = await SystemStatus.Read(checkout, cancellation);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(status, _format));
            }
            else
            {
                Show(status);
            }

            return 0;
        });
        return command;
    }

    static void Show(SystemStatus status)
    {
        if (status.Processes is [])
        {
            Terminal.Line("Nothing is running. Start it with ./shop up.");
            return;
        }

        var processes = Table("process", "pid", "port", "health");
        foreach (var process in status.Processes)
        {
            var color = process.Health == Health.Ready ? "green" : process.Health is Health.Starting or Health.Degraded ? "yellow" : "red";
            processes.AddRow(process.Name, $"{process.Pid}", $"{process.Port}", $"[{color}]{process.Health.ToString().ToLowerInvariant()}[/]");
        }

        Terminal.Out.Write(processes);
        var replicas = Replicas.Of(status.Processes.Select(process => process.Name));
        Terminal.Line($"Replicas: {string.Join(", ", replicas.Select(service => $"{service.Key} {service.Value}"))}");
        if (status.Queues is not [])
        {
            var queues = Table("queue", "ready", "unacked");
            foreach (var queue in status.Queues)
            {
                queues.AddRow(Markup.Escape(queue.Name), $"{queue.Ready}", $"{queue.Unacked}");
            }

            Terminal.Out.Write(queues);
        }

        if (status.Outbox is not [])
        {
            Terminal.Line($"Outbox rows: {string.Join(", ", status.Outbox.Select(outbox => $"{outbox.Service} {outbox.Rows}"))}");
        }
    }

    static Table Table(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(columns);
        foreach (var column in table.Columns.Skip(1).Where(column => column.Header is Markup))
        {
            column.RightAligned();
        }

        return table;
    }
}
