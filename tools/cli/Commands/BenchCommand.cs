using System.CommandLine;
using Shop.Bench;
using Shop.Bench.Peers;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Cli.Commands;

/// <summary>./shop bench: what an order costs, beside other ways to do the same.</summary>
static class BenchCommand
{
    public static Command Command(Checkout checkout)
    {
        var rounds = Values.Number("--rounds", "How often each system is started anew and measured", 3, 1, 100);
        var seconds = Values.Number("--seconds", "For each load", 20, 1, 3_600);
        var warmUp = Values.Number("--warm-up", "Seconds of full load right after the start, counted apart", 20, 1, 3_600);
        var rates = Values.Name("--rates", "Orders per second of the open loops; half is that of the saturated rate", "10,50,half");
        var all = string.Join(',', Peer.All.Select(peer => peer.Name));
        var only = Values.Name("--only", "Some of the systems, such as monolith,shop", all);
        var list = new Option<bool>("--list") { Description = "Shows the systems" };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("bench", "Measures what an order costs, beside other ways to do the same")
        {
            rounds, seconds, warmUp, rates, only, list, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(list))
            {
                List(parsed.GetValue(json));
                return 0;
            }

            var options = new BenchOptions(
                Peer.Parse(parsed.GetRequiredValue(only)),
                LoadLevel.Parse(parsed.GetRequiredValue(rates)),
                parsed.GetValue(rounds),
                parsed.GetValue(seconds),
                parsed.GetValue(warmUp));
            var result = await Run(checkout, options, cancellation);
            if (parsed.GetValue(json))
            {
                Print.Json(result);
            }
            else
            {
                Show(result);
            }

            return result.Ok ? 0 : 1;
        });
        return command;
    }

    static async Task<BenchResult> Run(Checkout users, BenchOptions options, CancellationToken cancellation)
    {
        var steps = new Steps(Terminal.Error);
        await DebianPackages.AddMissing(DebianPackages.Servers, steps, cancellation);
        var checkout = BenchRun.Beside(users);
        using var only = await checkout.State.Lock(() => Print.Note("waiting for another ./shop bench to finish"), cancellation);
        var run = new BenchRun(checkout, options, Print.Note);
        try
        {
            return await run.Run(cancellation);
        }
        finally
        {
            await run.Wipe(keepLogs: true);
        }
    }

    static void Show(BenchResult result)
    {
        var table = new TextTable(BenchText.Titles(result.Options));
        foreach (var row in BenchText.Rows(result))
        {
            table.Add(row);
        }

        Print.Line(BenchText.Heading(result));
        Print.Table(table);
        Print.Line();
        Print.Line(BenchText.Starts(result));
        Print.Line(BenchText.Machine(result));
        foreach (var finding in result.Findings)
        {
            Print.Line(Print.Red($"{finding.Peer}, round {finding.Round}: {finding.What}"));
        }

        if (BenchText.Next(result) is { } next)
        {
            Print.Note($"Next: {next}");
        }
    }

    static void List(bool json)
    {
        if (json)
        {
            Print.Json(Peer.All.Select(peer => new { peer.Name, peer.Title }));
            return;
        }

        var table = new TextTable("system", "what it is");
        foreach (var peer in Peer.All)
        {
            table.Add(peer.Name, peer.Title);
        }

        Print.Table(table);
    }
}
