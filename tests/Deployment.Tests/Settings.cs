using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Shop.Deployment.Tests;

/// <summary>The settings that a process understands.</summary>
static class Settings
{
    // The framework, libraries or code read these settings without an options class of ours.
    static readonly HashSet<string> _others =
    [
        "ASPNETCORE_URLS",
        "Kestrel__Certificates__Default__KeyPath", "Kestrel__Certificates__Default__Path",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_SCHEDULE_DELAY", "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_LOGS_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_TRACES_SAMPLER_ARG",
        "SHOP_INSTANCE",
        "SSL_CERT_FILE",
    ];

    public static Assembly AssemblyOf(string program) => program switch
    {
        "ordering" => typeof(Ordering.Sagas.OrderSagaOptions).Assembly,
        "inventory" => typeof(Inventory.Products.CatalogueOptions).Assembly,
        "payment" => typeof(Payment.Provider.ProviderOptions).Assembly,
        "gateway" => typeof(Gateway.ProxyOptions).Assembly,
        _ => throw new ArgumentOutOfRangeException(nameof(program), program, "There is no such program."),
    };

    /// <summary>The keys of an environment that the program would ignore, or could not read.</summary>
    public static IReadOnlyList<string> Problems(string program, IReadOnlyDictionary<string, string?> environment)
    {
        var sections = OptionsOf(program).ToDictionary(type => (string)type.GetField("Section")!.GetRawConstantValue()!);
        var problems = new List<string>();
        foreach (var group in environment.Where(setting => !_others.Contains(setting.Key)).GroupBy(setting => setting.Key.Split("__")[0]))
        {
            if (!sections.TryGetValue(group.Key, out var options))
            {
                problems.AddRange(group.Select(setting => $"{setting.Key}: no such setting"));
                continue;
            }

            // A value that is not known here, such as a password, is text.
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(group.Select(
                setting => KeyValuePair.Create(
                    setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)(setting.Value ?? "text")))).Build();
            try
            {
                configuration.GetSection(group.Key).Get(options, binder => binder.ErrorOnUnknownConfiguration = true);
            }
            catch (InvalidOperationException error)
            {
                problems.Add($"{group.Key}: {error.Message}");
            }
        }

        return problems;
    }

    static IEnumerable<Type> OptionsOf(string program)
    {
        var own = AssemblyOf(program);
        return own.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("Shop.", StringComparison.Ordinal)).Select(Assembly.Load).Append(own)
                .SelectMany(assembly => assembly.GetTypes())
                .Where(type => type.GetField("Section") is { IsLiteral: true });
    }
}
