using System.Collections;

namespace Shop.Launcher.Processes;

/// <summary>
/// The variables of the shell that this program, and so everything it starts, takes over. Shells have settings for other systems (a proxy,
/// PG…, RABBITMQ_…, ASPNETCORE_…, DOTNET_…), which libraries and servers would read by themselves.
/// </summary>
public static class KnownEnvironment
{
    const string Collector = "OTEL_EXPORTER_OTLP_";
    const string TemporaryFolder = "TMPDIR";

    static readonly string[] _names =
    [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "DOTNET_ROOT", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "TERM", "TERM_PROGRAM", "COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE",
        "CI", "GITHUB_ACTIONS",
        "OTEL_TRACES_EXPORTER", "OTEL_TRACES_SAMPLER_ARG", "DOTNET_NOLOGO",
    ];

    static readonly string[] _beginnings = ["LANG", "LC_", "SHOP_", "DOTNET_CLI_", "NUGET_"];

    // The settings of services that a user may change. The launcher sets where they find servers, logins and each other.
    static readonly string[] _settings =
    [
        "OrderSaga__", "Admission__", "KeptTraces__", "Idempotency__", "Payments__", "Reconciliation__", "CardNetwork__",
        "Catalogue__", "Reservations__", "Messaging__", "Draining__", "Invariants__", "RateLimits__", "Forwarding__",
        "TrustedForwarders__", "Store__",
    ];

    // Each program has its own values of these, so those of the program that started this one do not count.
    static readonly string[] _others = ["SHOP_SECRETS", "SHOP_INSTANCE"];

    /// <summary>All of the shell's, for tools that are the user's and not the shop's: docker, apt-get.</summary>
    public static IReadOnlyDictionary<string, string> OfShell { get; } = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);

    /// <summary>The settings for the services among them, as they are now; the case of names does not count.</summary>
    public static IReadOnlyDictionary<string, string> Settings => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Select(variable => (Name: (string)variable.Key, Value: (string)variable.Value!))
        .Where(variable => Begins(variable.Name, _settings))
        .DistinctBy(variable => variable.Name, StringComparer.OrdinalIgnoreCase)
        .ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.OrdinalIgnoreCase);

    /// <summary>Removes all other variables from this process. It runs first: libraries read variables at their first use.</summary>
    public static void Enter()
    {
        foreach (var name in Unknown(OfShell))
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    public static IEnumerable<string> Unknown(IReadOnlyDictionary<string, string> shell) => shell.Keys.Where(name => name switch
    {
        TemporaryFolder => !Directory.Exists(shell[name]),
        // These variables belong to the user's collector. Without one, the launcher's own collector is used.
        _ when name.StartsWith(Collector, StringComparison.Ordinal) => !shell.ContainsKey(Collector + "ENDPOINT"),
        _ => _others.Contains(name) || !(_names.Contains(name) || Begins(name, _beginnings) || Begins(name, _settings)),
    });

    // .NET reads settings whatever the case of their names.
    static bool Begins(string name, string[] beginnings) =>
        beginnings.Any(beginning => name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase));
}
