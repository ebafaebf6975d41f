namespace Shop.Launcher.Running;

/// <summary>
/// The settings of programs that somebody else starts, where their launch profiles look for them (SHOP_SECRETS): a folder for each program,
/// a file for each setting. Only their owner can read them.
/// </summary>
public static class SettingsFiles
{
    public const string Folder = "left-to-you";

    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Of what a plan leaves out, and of nothing else: two of the same would fight over their port.</summary>
    public static void Write(Checkout checkout, SystemPlan plan)
    {
        Delete(checkout.State);
        foreach (var process in new ShopPrograms(checkout).All(plan.Replicas).Where(process => plan.Without.Contains(process.Name)))
        {
            var folder = FolderOf(checkout.State, process.Name);
            // A service's first replica is the one that is left out first.
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
            // What .NET reads before it looks at any file has no place in one; but for where it listens there is another name.
            if (key == ShopPrograms.ListensKey || !IsForTheRuntime(key))
            {
                var file = Path.Combine(folder, key == ShopPrograms.ListensKey ? "urls" : key);
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
