using System.Text.Json;

namespace Shop.Launcher.Servers;

/// <summary>
/// The rights in the broker, from deploy/rabbitmq/access.json, for all ways to run the shop. A service may use its own queues, publish its
/// own messages, and bind to the messages it consumes. So no service can forge another's messages.
/// </summary>
public static class BrokerAccess
{
    public const string VirtualHost = "shop";
    public const string Monitor = "monitor";

    /// <summary>The user for programs that receive announcements and send nothing.</summary>
    public const string Subscriber = "subscriber";

    static readonly Access _access = Read();

    /// <summary>The limits of subscribers' queues.</summary>
    public static IReadOnlyList<BrokerPolicy> Policies => _access.Policies;

    public static IReadOnlyList<BrokerUser> Users(Secrets secrets) =>
        [.. _access.Permissions.Select(permission => User(permission, secrets))];

    public static BrokerUser User(string name, Secrets secrets) =>
        User(_access.Permissions.Single(permission => permission.User == name), secrets);

    static BrokerUser User(Permission permission, Secrets secrets) => new(
        permission.User,
        secrets.Password("rabbitmq-" + permission.User),
        permission.Configure,
        permission.Write,
        permission.Read,
        permission.User == Monitor ? "monitoring" : "");

    static Access Read()
    {
        using var file = typeof(BrokerAccess).Assembly.GetManifestResourceStream("access.json")!;
        return JsonSerializer.Deserialize<Access>(file, JsonSerializerOptions.Web)!;
    }

    sealed record Access(IReadOnlyList<Permission> Permissions, IReadOnlyList<BrokerPolicy> Policies);

    sealed record Permission(string User, string Configure, string Write, string Read);
}
