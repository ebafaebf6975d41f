using System.CommandLine;
using Shop.Chaos.Auditing;
using Shop.Cli.Output;
using Shop.Launcher;
using Shop.Launcher.Output;

namespace Shop.Cli.Commands;

/// <summary>./shop audit: checks the promises over all databases, queues and the payment provider's ledger.</summary>
static class AuditCommand
{
    const int ShownMax = 20;
    const int WaitSecondsMax = 86_400;

    public static Command Command(Checkout checkout)
    {
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var wait = Values.Number(
            "--wait", "Seconds to wait for everything in flight to end; what has not ended then is a violation", 60, 0, WaitSecondsMax);
        var command = new Command("audit", "Checks every invariant over all databases, queues and the ledger") { json, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            var result = await Run(checkout, TimeSpan.FromSeconds(parsed.GetValue(wait)), cancellation);
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

    /// <summary>Audits with progress on standard error.</summary>
    public static Task<AuditResult> Run(Checkout checkout, TimeSpan timeLimit, CancellationToken cancellation)
    {
        var told = false;
        return new Audit(checkout).Run(timeLimit, Tell, cancellation);

        void Tell(long unfinished)
        {
            if (!told)
            {
                Print.Note($"waiting for {Words.Count(unfinished, "order or message", "orders and messages")} in flight");
                told = true;
            }
        }
    }

    public static void Show(AuditResult result)
    {
        foreach (var invariant in result.Invariants)
        {
            Print.Line($"  {(invariant.Violations is [] ? Print.Green("✔") : Print.Red("✘"))} {invariant.Promise}");
            foreach (var violation in invariant.Violations.Take(ShownMax))
            {
                Print.Line($"      {violation.Subject}: expected {violation.Expected}, found {violation.Found}".ReplaceLineEndings(" "));
            }

            if (invariant.Violations.Count > ShownMax)
            {
                Print.Line($"      … and {invariant.Violations.Count - ShownMax} more (--json lists all)");
            }
        }

        var violations = result.Invariants.Sum(invariant => invariant.Violations.Count);
        Print.Line(
            $"{Words.Count(result.Orders, "order")}, {Words.Count(result.Charges, "charge")}, "
            + $"{Words.Count(result.Invariants.Count, "invariant")}, {Words.Count(violations, "violation")}");
    }
}
