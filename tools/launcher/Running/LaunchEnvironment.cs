namespace Shop.Launcher.Running;

/// <summary>
/// What lies between a program and the rest of the system, and which release of the program runs. By default, nothing lies between and this
/// release runs. Drills insert their faults here.
/// </summary>
public class LaunchEnvironment
{
    public static LaunchEnvironment Plain { get; } = new();

    /// <summary>The port by which a process reaches a server that listens at this one.</summary>
    public virtual int PortFor(string process, string server, int port) => port;

    /// <summary>
    /// The root of the checkout whose build of a process runs. Null for this checkout. Another one runs two releases side by side.
    /// </summary>
    public virtual string? CheckoutOf(string process) => null;

    /// <summary>The command that runs a process's program, in front of it; usually none.</summary>
    public virtual IReadOnlyList<string> WrapperOf(string process) => [];

    /// <summary>What is added to the connection string of a process's database.</summary>
    public virtual string DatabaseOptionsOf(string process) => "";

    /// <summary>What is added to the environment variables of a process.</summary>
    public virtual IReadOnlyDictionary<string, string> SettingsFor(string process) => new Dictionary<string, string>();
}
