using Shop.Launcher;
using Shop.Launcher.Servers;

namespace Shop.AppHost;

/// <summary>
/// Passwords and keys of this checkout, the same for ./shop and for this. In the model they are secret parameters, read
/// when a process starts.
/// </summary>
sealed class Logins(IDistributedApplicationBuilder builder, Secrets secrets)
{
    readonly Dictionary<string, IResourceBuilder<ParameterResource>> _passwords = [];

    public string PublicKeyFile => secrets.PublicKeyFile;

    /// <param name="name">As in the file of the secret. A parameter must not be called like a resource.</param>
    public IResourceBuilder<ParameterResource> Password(string name)
    {
        if (!_passwords.TryGetValue(name, out var password))
        {
            password = builder.AddParameter($"{name.Replace('_', '-')}-password", () => secrets.Password(name), secret: true);
            _passwords[name] = password;
        }

        return password;
    }

    public ReferenceExpression Database(int port, string service, string user) => ReferenceExpression.Create(
        $"Host=127.0.0.1;Port={$"{port}"};Database={service};Username={user};Password={Password($"postgres-{user}")}");

    /// <summary>Makes passwords that only a script reads.</summary>
    /// <returns>The folder with all of them.</returns>
    public string Files(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            secrets.Password(name);
        }

        return secrets.Directory;
    }

    public string BrokerDefinitions() => Launcher.Servers.BrokerDefinitions.Json(BrokerAccess.VirtualHost, BrokerAccess.Users(secrets));
}
