namespace Shop.Cli.Running;

/// <summary>
/// What lies between a program and the rest of the system, and which release of it runs. Usually nothing, and this one; drills
/// put their faults there.
/// </summary>
class Surroundings
{
    public static Surroundings Plain { get; } = new();

    /// <summary>The port by which a process reaches a server that listens at this one.</summary>
    public virtual int PortFor(string process, string server, int port) => port;

    /// <summary>The root of the checkout whose build of a process runs: another one's to run two releases side by side. Null for this one's.</summary>
    public virtual string? CheckoutOf(string process) => null;

    /// <summary>What is added to the environment variables of a process.</summary>
    public virtual IReadOnlyDictionary<string, string> SettingsFor(string process) => new Dictionary<string, string>();
}
