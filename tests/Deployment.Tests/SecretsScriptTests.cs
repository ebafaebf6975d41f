using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Shop.Launcher.Compose;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Deployment.Tests;

/// <summary>deploy/secrets.sh makes what docker-compose.yml asks for, with nothing but openssl.</summary>
public sealed class SecretsScriptTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("shop-secrets-").FullName;

    string Secrets => Path.Combine(_folder, "secrets");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_secret_that_compose_names_is_made_for_others_to_read_in_a_folder_that_others_cannot_enter()
    {
        await Run();

        var named = ComposeFile.Top("secrets").Values.Select(secret => Path.GetFileName((string)ComposeFile.Map(secret)["file"]!));
        // One more password is for subscribers.
        Assert.Equal(
            named.Append("rabbitmq-subscriber.password").Order(StringComparer.Ordinal),
            Directory.GetFiles(Secrets).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Secrets));
        Assert.All(Directory.GetFiles(Secrets), file => Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead)));
        var passwords = Directory.GetFiles(Secrets, "*.password").Select(File.ReadAllText).ToArray();
        Assert.All(passwords, password => Assert.Matches("^[0-9a-f]{48}$", password));
        Assert.Equal(passwords.Length, passwords.Distinct().Count());
    }

    [Fact]
    public async Task What_is_there_stays()
    {
        await Run();
        var before = Directory.GetFiles(Secrets).Where(IsRandom).ToDictionary(file => file, File.ReadAllText);
        File.Delete(Path.Combine(Secrets, "grafana.password"));

        await Run();

        var changed = before.Where(secret => File.ReadAllText(secret.Key) != secret.Value).Select(secret => Path.GetFileName(secret.Key));
        Assert.Equal(["grafana.password"], changed);
    }

    [Fact]
    public async Task The_broker_gets_hashes_of_the_passwords_of_exactly_the_users_who_have_rights()
    {
        await Run();

        using var file = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(Secrets, "rabbitmq-users.json"), TestContext.Current.CancellationToken));
        var users = file.RootElement.GetProperty("users").EnumerateArray().ToArray();
        var rights = BrokerAccess.Users(new(Path.Combine(_folder, "launcher")));
        Assert.Equal(
            rights.Select(user => (user.Name, user.Tags)),
            users.Select(user => (user.GetProperty("name").GetString()!, user.GetProperty("tags").GetString()!)));
        Assert.All(users, user =>
        {
            var hash = Convert.FromBase64String(user.GetProperty("password_hash").GetString()!);
            var password = File.ReadAllText(Path.Combine(Secrets, $"rabbitmq-{user.GetProperty("name")}.password"));
            Assert.Equal(SHA256.HashData([.. hash[..4], .. Encoding.UTF8.GetBytes(password)]), hash[4..]);
        });
    }

    [Fact]
    public async Task The_two_keys_belong_together()
    {
        await Run();

        using var key = new Launcher.Secrets(Secrets).SigningKey();
        using var shown = RSA.Create();
        shown.ImportFromPem(
            await File.ReadAllTextAsync(Path.Combine(Secrets, "signing-key.public.pem"), TestContext.Current.CancellationToken));
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), shown.ExportSubjectPublicKeyInfo());
    }

    [Fact]
    public async Task Each_checkout_is_a_project_of_its_own_for_compose_and_keeps_what_else_its_user_has_set()
    {
        var (one, two) = (Copy("one"), Copy("it's two"));
        await File.WriteAllTextAsync(
            Path.Combine(two, ".env"), "SHOP_GATEWAY_PORT=9080\nCOMPOSE_PROJECT_NAME=shop-copied\n", TestContext.Current.CancellationToken);
        await Run(one);
        await Run(two);
        await Run(two);

        Assert.Equal(
            [$"COMPOSE_PROJECT_NAME={ComposeSystem.ProjectOf(one)}"],
            await File.ReadAllLinesAsync(Path.Combine(one, ".env"), TestContext.Current.CancellationToken));
        Assert.Equal(
            ["SHOP_GATEWAY_PORT=9080", $"COMPOSE_PROJECT_NAME={ComposeSystem.ProjectOf(two)}"],
            await File.ReadAllLinesAsync(Path.Combine(two, ".env"), TestContext.Current.CancellationToken));
        Assert.NotEqual(ComposeSystem.ProjectOf(one), ComposeSystem.ProjectOf(two));

        string Copy(string name)
        {
            var root = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
            Directory.CreateDirectory(Path.Combine(root, "deploy"));
            File.Copy(Path.Combine(ComposeFile.Root, "deploy", "secrets.sh"), Path.Combine(root, "deploy", "secrets.sh"));
            return root;
        }
    }

    static bool IsRandom(string file) => !file.EndsWith("rabbitmq-users.json", StringComparison.Ordinal);

    Task Run() => Run(ComposeFile.Root, Secrets);

    static async Task Run(string root, params string[] folder)
    {
        var made = await Tool.Run(
            ["/bin/sh", Path.Combine(root, "deploy", "secrets.sh"), .. folder], cancellation: TestContext.Current.CancellationToken);
        Assert.True(made.Succeeded, made.Output);
    }
}
