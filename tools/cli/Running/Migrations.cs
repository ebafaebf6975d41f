using System.Text.Json;
using Shop.Cli.Processes;
using Shop.Cli.Servers;

namespace Shop.Cli.Running;

/// <summary>
/// Brings the services' databases up to date, all at once. Which build did it last is noted beside the data, so that a
/// start without changes skips it.
/// </summary>
sealed class Migrations(Checkout checkout, ShopPrograms programs)
{
    string NoteFile => checkout.State.Combine(Path.Combine(PostgresServer.Name, "migrated-by.json"));

    public bool AreDone => File.Exists(NoteFile) && File.ReadAllText(NoteFile) == CurrentBuilds();

    public async Task Run(CancellationToken cancellation)
    {
        await Task.WhenAll(Replicas.Services.Select(service => Migrate(programs.Migration(service), cancellation)));
        await File.WriteAllTextAsync(NoteFile, CurrentBuilds(), cancellation);
    }

    static async Task Migrate(BackgroundProcess migration, CancellationToken cancellation)
    {
        var result = await Tool.Run(
            [migration.Command, .. migration.Arguments], migration.WorkingDirectory, migration.Environment, cancellation: cancellation);
        if (!result.Succeeded)
        {
            throw new UserError($"{migration.Name} ended with exit code {result.ExitCode}:\n{result.Output}");
        }
    }

    string CurrentBuilds() => JsonSerializer.Serialize(
        Replicas.Services.ToDictionary(service => service, service => programs.Migration(service).Build));
}
