using Shop.Launcher.Processes;

namespace Shop.Launcher.Running;

/// <summary>How the built .NET programs of a checkout are started.</summary>
sealed class BuiltPrograms(Checkout checkout, LaunchEnvironment environment)
{
    public const string ListensKey = "ASPNETCORE_URLS";
    public const string InstanceKey = "SHOP_INSTANCE";

    // The dotnet that runs this program. A program that was started by its own name, such as a test, takes the one on the search path.
    public static readonly string Dotnet =
        Environment.ProcessPath is { } program && Path.GetFileName(program) == "dotnet" ? program : "dotnet";

    static readonly Dictionary<string, string> _common = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["DOTNET_ENVIRONMENT"] = "Production",
        // A small size collects the youngest objects often, because many processes share this machine's memory. The number is hexadecimal
        // bytes.
        ["DOTNET_GCgen0size"] = "800000",
        ["DOTNET_NOLOGO"] = "1",
    };

    // Each process inherits these variables anyway. They are also among its settings, so that a change of one starts it anew.
    readonly IReadOnlyDictionary<string, string> _shell = KnownEnvironment.Settings;

    public static string UrlOf(int port) => $"http://127.0.0.1:{port}";

    /// <param name="name">The name of the process.</param>
    /// <param name="project">The folder of the project, relative to the root.</param>
    /// <param name="build">The process whose build runs, where it is not its own.</param>
    public BackgroundProcess Process(
        string name, int port, string project, string assembly, Dictionary<string, string> settings, string? build = null)
    {
        var folder = Path.Combine(environment.CheckoutOf(build ?? name) ?? checkout.Root, project, "bin", "Release", "net10.0");
        string[] command = [.. environment.WrapperOf(name), Dotnet, Path.Combine(folder, assembly + ".dll")];
        return new(name, port, command[0], command[1..])
        {
            // The folder with its appsettings.json.
            WorkingDirectory = folder,
            Build = BuildOf(folder),
            Environment = Merged(
                _shell,
                _common,
                new Dictionary<string, string> { [ListensKey] = UrlOf(port), [InstanceKey] = name },
                settings,
                environment.SettingsFor(name)),
        };
    }

    // A later layer wins. The case of names does not matter.
    static Dictionary<string, string> Merged(params IEnumerable<IReadOnlyDictionary<string, string>> layers)
    {
        var merged = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in layers.SelectMany(layer => layer))
        {
            merged[key] = value;
        }

        return merged;
    }

    // The value changes with our own assemblies and the default settings.
    static string BuildOf(string folder)
    {
        var build = new DirectoryInfo(folder);
        FileInfo[] files = build.Exists ? [.. build.GetFiles("Shop.*.dll"), .. build.GetFiles("appsettings.json")] : [];
        return string.Join(';', files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));
    }
}
