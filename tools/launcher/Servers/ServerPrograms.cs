using Shop.Launcher.Processes;

namespace Shop.Launcher.Servers;

/// <summary>Where the programs of PostgreSQL and RabbitMQ are installed. Debian keeps them off the search path.</summary>
public static class ServerPrograms
{
    /// <summary>The folder with initdb and postgres: of one major version, or of the newest there is.</summary>
    public static string? PostgresFolder(string? version = null)
    {
        var packaged = Subfolders("/usr/lib/postgresql")
            .Where(folder => version is null || Path.GetFileName(folder) == version)
            .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), out var number) ? number : 0)
            .Select(folder => Path.Combine(folder, "bin"));
        return packaged.Concat(version is null ? SearchPath : [])
            .FirstOrDefault(folder => Has(folder, "initdb") && Has(folder, "postgres"));
    }

    /// <summary>The client that runs scripts; the server's packages bring it.</summary>
    public static string PostgresClient =>
        PostgresFolder() is { } folder && Has(folder, "psql") ? Path.Combine(folder, "psql")
        : Find("psql") ? "psql"
        : throw new UserError("PostgreSQL's client, psql, is not installed.");

    public static string? RabbitMqServer =>
        // Debian's /usr/sbin/rabbitmq-server is a wrapper that insists on the system's own data folder.
        new[] { "/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin" }.Concat(SearchPath.Where(folder => folder != "/usr/sbin"))
            .Where(folder => Has(folder, "rabbitmq-server"))
            .Select(folder => Path.Combine(folder, "rabbitmq-server"))
            .FirstOrDefault();

    public static string? ErlangNameServer =>
        SearchPath.Concat(["/usr/bin", "/usr/lib/erlang/bin"])
            .Where(folder => Has(folder, "epmd"))
            .Select(folder => Path.Combine(folder, "epmd"))
            .FirstOrDefault();

    /// <summary>Chromium, by one of the names it has.</summary>
    public static string? Browser =>
        new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => SearchPath.Append("/usr/bin")
                .Where(folder => Has(folder, name))
                .Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault();

    /// <summary>The system's own Python comes first, because apt-get installs packages for it.</summary>
    public static string? Python => Has("/usr/bin", "python3") ? "/usr/bin/python3" : Find("python3") ? "python3" : null;

    public static bool HasPythonModule(string module) =>
        Python is { } program && Tool.Run([program, "-c", $"import {module}"]).GetAwaiter().GetResult().Succeeded;

    public static bool Find(string program) => SearchPath.Any(folder => Has(folder, program));

    static IEnumerable<string> SearchPath =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);

    static bool Has(string folder, string program) => File.Exists(Path.Combine(folder, program));

    static string[] Subfolders(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
}
