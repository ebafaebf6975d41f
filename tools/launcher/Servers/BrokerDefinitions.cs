using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Shop.Launcher.Servers;

/// <summary>The users and rights that a RabbitMQ node gets at its start.</summary>
public static class BrokerDefinitions
{
    // Users come with the definitions, so the node never makes its well-known guest, and no slow tool has to add them.
    public static string Json(string virtualHost, IReadOnlyList<BrokerUser> users) => JsonSerializer.Serialize(new
    {
        vhosts = new[] { new { name = virtualHost } },
        users = users.Select(user => new
        {
            name = user.Name,
            password_hash = Hash(user.Password),
            hashing_algorithm = "rabbit_password_hashing_sha256",
            tags = user.Tags,
        }),
        permissions = users.Select(user => new
        {
            user = user.Name,
            vhost = virtualHost,
            configure = user.Configure,
            write = user.Write,
            read = user.Read,
        }),
        policies = BrokerAccess.Policies.Select(policy => new Dictionary<string, object>
        {
            ["vhost"] = virtualHost,
            ["name"] = policy.Name,
            ["pattern"] = policy.Pattern,
            ["apply-to"] = policy.ApplyTo,
            ["priority"] = policy.Priority,
            ["definition"] = policy.Definition,
        }),
    });

    static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(4);
        return Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])]);
    }
}
