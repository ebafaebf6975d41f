using System.Globalization;

namespace Shop.Launcher.Running;

/// <summary>How many processes of each service run.</summary>
public static class Replicas
{
    public const int Max = 9;

    public static IReadOnlyList<string> Services { get; } = ["ordering", "inventory", "payment"];

    /// <summary>One of each.</summary>
    public static IReadOnlyDictionary<string, int> One { get; } = Services.ToDictionary(service => service, _ => 1);

    /// <summary>Reads <c>ordering=2,payment=3</c>, or <c>2</c> for all. Services it does not name keep the number they have.</summary>
    public static IReadOnlyDictionary<string, int> Parse(string text, IReadOnlyDictionary<string, int> current)
    {
        var replicas = new Dictionary<string, int>(current);
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            text = string.Join(',', Services.Select(service => $"{service}={text}"));
        }

        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=', StringSplitOptions.TrimEntries) is not [var service, var number])
            {
                throw new UserError($"--replicas: \"{part}\" is not of the form service=number, such as ordering=2.");
            }

            if (!Services.Contains(service))
            {
                throw new UserError(
                    $"--replicas: there is no service \"{service}\" to run several of; there are {string.Join(", ", Services)}.");
            }

            replicas[service] =
                int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= Max
                    ? count
                    : throw new UserError($"--replicas: {service} can run 1 to {Max} times, not \"{number}\".");
        }

        return replicas;
    }

    /// <summary>What runs already, by the names of the processes; one of each service if nothing does.</summary>
    public static IReadOnlyDictionary<string, int> Of(IEnumerable<string> processes)
    {
        var names = processes.ToHashSet();
        return Services.ToDictionary(
            service => service,
            service => Enumerable.Range(1, Max).LastOrDefault(replica => names.Contains(NameOf(service, replica)), 1));
    }

    public static string NameOf(string service, int replica) => $"{service}-{replica}";

    /// <summary>The service a process is a replica of; null for the gateway and so on.</summary>
    public static string? ServiceOf(string process) => Services.FirstOrDefault(service => IsReplicaOf(service, process));

    public static bool IsService(string process) => ServiceOf(process) is not null;

    public static bool IsReplicaOf(string service, string process) =>
        Services.Contains(service) && process.StartsWith(service + '-', StringComparison.Ordinal);
}
