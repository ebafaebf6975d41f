using System.Security.Cryptography;

namespace Shop.Launcher.Tests;

public sealed class SecretsTests : IDisposable
{
    readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("shop-secrets-").FullName, "secrets");

    [Fact]
    public void Only_their_owner_can_read_them()
    {
        var secrets = new Secrets(_folder);
        secrets.Password("postgres");
        secrets.SigningKey().Dispose();
        Assert.True(File.Exists(secrets.PublicKeyFile));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
        var files = Directory.GetFiles(_folder);
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void A_secret_stays_the_same_and_differs_from_the_next()
    {
        var first = new Secrets(_folder).Password("postgres");

        Assert.Equal(first, new Secrets(_folder).Password("postgres"));
        Assert.NotEqual(first, new Secrets(_folder).Password("ordering"));
        Assert.Equal(48, first.Length);
    }

    [Fact]
    public void The_public_key_belongs_to_the_signing_key()
    {
        var secrets = new Secrets(_folder);
        using var key = secrets.SigningKey();
        using var published = RSA.Create();
        published.ImportFromPem(File.ReadAllText(secrets.PublicKeyFile));

        var signature = key.SignData("shop"u8, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        Assert.True(published.VerifyData("shop"u8, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.DoesNotContain("PRIVATE", File.ReadAllText(secrets.PublicKeyFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_that_make_the_same_secret_at_once_agree_on_one()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => new Secrets(_folder).Password("postgres"))));

        Assert.Single(made.Distinct());
        Assert.Single(Directory.GetFiles(_folder));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
}
