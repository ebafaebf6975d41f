using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Shop.Cli;

/// <summary>Passwords and the signing key of one system, each made when first asked for. Only their owner can read them.</summary>
sealed class Secrets(string directory)
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const int PasswordBytes = 24;
    const int KeyBits = 2048;

    public string Directory => directory;

    public string PublicKeyFile
    {
        get
        {
            var file = PathOf("signing-key.public.pem");
            if (!File.Exists(file))
            {
                using var key = SigningKey();
                Keep(file, key.ExportSubjectPublicKeyInfoPem());
            }

            return file;
        }
    }

    public string Password(string name)
    {
        var file = PathOf(name + ".password");
        if (!File.Exists(file))
        {
            Keep(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes)));
        }

        return File.ReadAllText(file);
    }

    public RSA SigningKey()
    {
        var file = PathOf("signing-key.pem");
        if (!File.Exists(file))
        {
            using var made = RSA.Create(KeyBits);
            Keep(file, made.ExportPkcs8PrivateKeyPem());
        }

        var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(file));
        return key;
    }

    string PathOf(string name) => Path.Combine(directory, name);

    // Written beside and linked into place, so that nobody reads half a secret; of two commands that make the same
    // secret at once, the first wins and both read its value.
    void Keep(string file, string value)
    {
        System.IO.Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        var draft = $"{file}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        using (var stream = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(value);
        }

        // A second name for the draft, unlike a move, never takes the place of a file that is there.
        _ = Link(draft, file);
        File.Delete(draft);
        if (!File.Exists(file))
        {
            throw new UserError($"The secret {file} could not be written. Does its file system know hard links?");
        }
    }

    [DllImport("libc", EntryPoint = "link", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int Link(string from, string to);
}
