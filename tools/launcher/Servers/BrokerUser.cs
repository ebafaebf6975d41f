namespace Shop.Launcher.Servers;

/// <summary>
/// A user of the broker and what it may do in the vhost, as regular expressions over the names of queues and exchanges.
/// Tags open the management interface.
/// </summary>
public sealed record BrokerUser(string Name, string Password, string Configure, string Write, string Read, string Tags = "")
{
    public const string Nothing = "^$";
    public const string Everything = ".*";
}
