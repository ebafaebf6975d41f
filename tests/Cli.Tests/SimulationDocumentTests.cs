using Shop.Cli.Commands;
using Shop.Launcher;
using Shop.Simulation;

namespace Shop.Cli.Tests;

/// <summary>The table of docs/scaling.md is the output of the program.</summary>
public sealed class SimulationDocumentTests
{
    [Fact]
    public void The_table_in_the_document_is_the_output_of_the_command_it_names()
    {
        var document = File.ReadAllText(Path.Combine(Checkout.FindRoot(), "docs", "scaling.md")).ReplaceLineEndings("\n");

        Assert.Contains("`./shop simulate`", document, StringComparison.Ordinal);
        Assert.Contains(SimulationTable.Markdown(Sweep.Run(SimulationOptions.Default)), document, StringComparison.Ordinal);
    }
}
