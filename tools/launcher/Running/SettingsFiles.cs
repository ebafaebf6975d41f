namespace Shop.Launcher.Running;

/// <summary>
/// The settings of programs that somebody else starts, where their launch profiles look for them (SHOP_SECRETS): a folder for each program,
/// a file for each setting. Only their owner can read them.
/// </summary>
public static class SettingsFiles
{
    public const string Folder = "left-to-you";

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes the settings of the programs that a plan leaves out. A program that the plan has already runs, and a second one could not use
    /// its port.
    /// </summary>
    public static void Write(Checkout checkout, SystemPlan plan)
    {
        Delete(checkout.State);
        foreach (var process in new ShopPrograms(checkout).All(plan.Replicas).Where(process => plan.Without.Contains(process.Name)))
        {
            var folder = FolderOf(checkout.State, process.Name);
            // The first replica is the first one that a plan leaves out, so its settings are written.
            if (!Directory.Exists(folder))
            {
                Write(folder, process.Environment);
            }
        }
    }

    public static void Delete(StateDirectory state)
    {
        if (Directory.Exists(state.Combine(Folder)))
        {
            Directory.Delete(state.Combine(Folder), recursive: true);
        }
    }

    public static string FolderOf(StateDirectory state, string process) =>
        Path.Combine(state.Combine(Folder), Replicas.ServiceOf(process) ?? process);

    static void Write(string folder, IReadOnlyDictionary<string, string> settings)
    {
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        foreach (var (key, value) in settings)
        {
            // .NET reads some settings before it reads any file, so these do not work in one. The address to listen at has another name for
            // files.
            if (key == BuiltPrograms.ListensKey || !IsForTheRuntime(key))
            {
                var file = Path.Combine(folder, key == BuiltPrograms.ListensKey ? "urls" : key);
                using var writer = new StreamWriter(file, new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                });
                writer.Write(value);
            }
        }
    }

    static bool IsForTheRuntime(string key) =>
        key.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || key.StartsWith("DOTNET_", StringComparison.Ordinal);
}
