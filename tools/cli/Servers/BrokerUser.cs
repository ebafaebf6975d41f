namespace Shop.Cli.Servers;

/// <summary>
/// A user of the broker and what it may do in the vhost, as regular expressions over the names of queues and exchanges.
/// Tags open the management interface.
/// </summary>
sealed record BrokerUser(string Name, string Password, string Configure, string Write, string Read, string Tags = "")
{
    public const string Nothing = "^$";
    public const string Everything = ".*";
}
