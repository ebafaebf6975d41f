using System.Text.Json;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Launcher.Running;

/// <summary>
/// Brings services' databases up to date, all at once. Which build did it last is noted beside the data, so that a start
/// skips the services that have not changed.
/// </summary>
public sealed class Migrations(Checkout checkout, ShopPrograms programs)
{
    string NoteFile => checkout.State.Combine(Path.Combine(PostgresServer.Name, "migrated-by.json"));

    /// <summary>Those of the services whose build has not done it yet.</summary>
    public IReadOnlyList<string> Missing(IEnumerable<string> services)
    {
        var done = Done();
        return [.. services.Where(service => done.GetValueOrDefault(service) != BuildOf(service))];
    }

    public async Task Run(IReadOnlyList<string> services, CancellationToken cancellation)
    {
        await Task.WhenAll(services.Select(service => Migrate(programs.Migration(service), cancellation)));
        var done = Done();
        foreach (var service in services)
        {
            done[service] = BuildOf(service);
        }

        await File.WriteAllTextAsync(NoteFile, JsonSerializer.Serialize(done), cancellation);
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

    Dictionary<string, string> Done() =>
        File.Exists(NoteFile) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(NoteFile))! : [];

    string BuildOf(string service) => programs.Migration(service).Build;
}
