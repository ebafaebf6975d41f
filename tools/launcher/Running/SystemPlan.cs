using System.Text.Json;

namespace Shop.Launcher.Running;

/// <summary>
/// What a system was asked to run. It is kept until the system is stopped, so that an <c>up</c> after one that failed in the middle
/// starts the same.
/// </summary>
/// <param name="Replicas">How many processes of each service.</param>
/// <param name="Without">Processes that somebody else runs, such as a debugger.</param>
/// <param name="PortOffset">How far its ports are shifted.</param>
public sealed record SystemPlan(IReadOnlyDictionary<string, int> Replicas, IReadOnlyList<string> Without, int PortOffset = 0)
{
    public static SystemPlan Of(StateDirectory state)
    {
        var file = FileIn(state);
        if (!File.Exists(file))
        {
            return new(Running.Replicas.Of(state.Processes.All.Select(process => process.Name)), []);
        }

        try
        {
            return JsonSerializer.Deserialize<SystemPlan>(File.ReadAllText(file))!;
        }
        catch (JsonException error)
        {
            throw new UserError($"{file} is damaged ({error.Message}). Delete it.");
        }
    }

    public void Keep(StateDirectory state) => File.WriteAllText(FileIn(state), JsonSerializer.Serialize(this));

    public static void Forget(StateDirectory state)
    {
        // Where nothing has ever run there is no folder either, which would be an error.
        if (File.Exists(FileIn(state)))
        {
            File.Delete(FileIn(state));
        }
    }

    static string FileIn(StateDirectory state) => state.Combine("plan.json");
}
