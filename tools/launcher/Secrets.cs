using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Shop.Launcher;

/// <summary>Passwords and the signing key of one system, each made when first asked for. Only their owner can read them.</summary>
public sealed class Secrets(string directory)
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

    // A secret is written to a draft and moved into place, so that no reader sees half of it. If two commands make the same secret at once,
    // the first wins and both read its value.
    void Keep(string file, string value)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(directory);
        }
        else
        {
            System.IO.Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            options.UnixCreateMode = OwnerOnly;
        }

        var draft = $"{file}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        using (var writer = new StreamWriter(draft, options))
        {
            writer.Write(value);
        }

        PutIntoPlace(draft, file);
        File.Delete(draft);
        if (!File.Exists(file))
        {
            throw new UserError($"The secret {file} could not be written. Does its file system know hard links?");
        }
    }

    // Neither operation replaces an existing file: a move on Windows, a second name for the draft elsewhere.
    static void PutIntoPlace(string draft, string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Link(draft, file);
            return;
        }

        try
        {
            File.Move(draft, file);
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another process was first.
        }
    }

    [DllImport("libc", EntryPoint = "link", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    static extern int Link(string from, string to);
}
