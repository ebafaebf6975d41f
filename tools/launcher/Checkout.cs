using Shop.Launcher.Running;

namespace Shop.Launcher;

/// <summary>This checkout of the repository, and the system that runs from it.</summary>
public sealed record Checkout(string Root, StateDirectory State, Ports Ports)
{
    public const string StateVariable = "SHOP_STATE";

    public Addresses Addresses { get; init; } = Addresses.Local(Ports);

    /// <summary>
    /// The checkout this program was built from. SHOP_STATE names another state directory: with a port offset it runs
    /// a second, separate system of the same checkout.
    /// </summary>
    public static Checkout Find()
    {
        var state = Environment.GetEnvironmentVariable(StateVariable);
        // In an image there is no checkout, and the state is elsewhere.
        var root = Path.IsPathRooted(state) ? RootOrNull() ?? AppContext.BaseDirectory : FindRoot();
        var directory = new StateDirectory(Path.GetFullPath(string.IsNullOrWhiteSpace(state) ? ".shop" : state, root));
        var ports = Ports.FromEnvironment(SystemPlan.Of(directory).PortOffset);
        return new(root, directory, ports)
        {
            Addresses = Addresses.FromEnvironment(ports),
        };
    }

    public static string FindRoot() => RootOrNull()
        ?? throw new UserError($"{AppContext.BaseDirectory} lies in no checkout of Shop: no folder above it has a Shop.sln.");

    static string? RootOrNull() => RootOf(AppContext.BaseDirectory);

    /// <summary>The checkout a file or folder lies in; null if it lies in none.</summary>
    public static string? RootOf(string path)
    {
        for (var folder = new DirectoryInfo(path); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Shop.sln")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
