using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Shop.Cli.Auditing;

/// <summary>./shop audit: checks the promises over all databases, queues and the card network's ledger.</summary>
static class AuditCommand
{
    const int ShownMax = 20;
    static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Command(Checkout checkout)
    {
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var wait = new Option<int>("--wait")
        {
            Description = "Seconds to wait for everything in flight to end; what has not ended then is a violation",
            DefaultValueFactory = _ => 60,
        };
        var command = new Command("audit", "Checks every invariant over all databases, queues and the ledger") { json, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var result = await Run(checkout, TimeSpan.FromSeconds(parsed.GetValue(wait)), cancellation);
            if (parsed.GetValue(json))
            {
                Terminal.Line(JsonSerializer.Serialize(result, _format));
            }
            else
            {
                Show(result);
            }

            return result.Ok ? 0 : 1;
        });
        return command;
    }

    /// <summary>Audits with progress on standard error.</summary>
    public static Task<AuditResult> Run(Checkout checkout, TimeSpan patience, CancellationToken cancellation)
    {
        var told = false;
        return new Audit(checkout).Run(patience, Tell, cancellation);

        void Tell(long unfinished)
        {
            if (!told)
            {
                Terminal.Error.MarkupLineInterpolated($"waiting for {unfinished} orders and messages in flight");
                told = true;
            }
        }
    }

    public static void Show(AuditResult result)
    {
        foreach (var invariant in result.Invariants)
        {
            var mark = invariant.Violations is [] ? "[green]✔[/]" : "[red]✘[/]";
            Terminal.Out.MarkupLine($"  {mark} {Markup.Escape(invariant.Promise)}");
            foreach (var violation in invariant.Violations.Take(ShownMax))
            {
                Terminal.Line($"      {violation.Subject}: expected {violation.Expected}, found {violation.Found}");
            }

            if (invariant.Violations.Count > ShownMax)
            {
                Terminal.Line($"      … and {invariant.Violations.Count - ShownMax} more (--json lists all)");
            }
        }

        var violations = result.Invariants.Sum(invariant => invariant.Violations.Count);
        Terminal.Line($"{result.Orders} orders, {result.Charges} charges, {result.Invariants.Count} invariants, {violations} violations");
    }
}
