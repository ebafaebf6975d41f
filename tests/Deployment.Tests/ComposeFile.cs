using System.Collections;
using Shop.Launcher;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Shop.Deployment.Tests;

/// <summary>docker-compose.yml, with its anchors and merges resolved.</summary>
static class ComposeFile
{
    public static string Root { get; } = Checkout.FindRoot();

    public static IReadOnlyDictionary<string, ComposeService> Services { get; } =
        Top("services").ToDictionary(entry => entry.Key, entry => new ComposeService(entry.Key, Map(entry.Value)));

    public static string Name => (string)Read()["name"]!;

    public static IReadOnlyDictionary<string, object?> Top(string section) => Map(Read()[section]);

    public static IReadOnlyDictionary<string, object?> Map(object? value) =>
        ((IDictionary<object, object?>?)value)?.ToDictionary(entry => (string)entry.Key, entry => entry.Value) ?? [];

    public static IReadOnlyList<string> List(object? value) =>
        value is null ? [] : [.. ((IEnumerable)value).Cast<object>().Select(item => $"{item}")];

    /// <summary>A list, or the keys of a map, as compose lets one write both.</summary>
    public static IReadOnlyList<string> Names(object? value) =>
        value is IDictionary<object, object?> map ? [.. map.Keys.Cast<string>()] : List(value);

    static IReadOnlyDictionary<string, object?> Read()
    {
        using var text = File.OpenText(Path.Combine(Root, "docker-compose.yml"));
        return Map(new DeserializerBuilder().Build().Deserialize<object>(new MergingParser(new Parser(text))));
    }
}

/// <summary>One service of it.</summary>
sealed record ComposeService(string Name, IReadOnlyDictionary<string, object?> Fields)
{
    public object? this[string field] => Fields.GetValueOrDefault(field);

    public string Image => (string)Fields["image"]!;

    /// <summary>The stage of the Dockerfile it is built from; null if somebody else built it.</summary>
    public string? Target => ComposeFile.Map(this["build"]).GetValueOrDefault("target") as string;

    /// <summary>It runs to its end, by itself or when asked.</summary>
    public bool IsJob => this["restart"] as string == "no";

    public IReadOnlyList<string> Networks => ComposeFile.Names(this["networks"]);

    public IReadOnlyList<string> Profiles => ComposeFile.List(this["profiles"]);

    public IReadOnlyDictionary<string, string> Environment =>
        ComposeFile.Map(this["environment"]).ToDictionary(entry => entry.Key, entry => $"{entry.Value}");

    /// <summary>Where each secret appears, and which it is.</summary>
    public IReadOnlyDictionary<string, string> Secrets => ((IEnumerable<object>?)this["secrets"] ?? [])
        .Select(ComposeFile.Map).ToDictionary(secret => (string)secret["target"]!, secret => (string)secret["source"]!);

    /// <summary>All settings of a program: variables, and secrets that are settings.</summary>
    public IReadOnlyDictionary<string, string?> Settings => Environment
        .Select(entry => KeyValuePair.Create(entry.Key, (string?)entry.Value))
        .Concat(Secrets.Keys.Where(target => !target.Contains('.')).Select(target => KeyValuePair.Create(target, default(string))))
        .ToDictionary();

    public int MemoryMegabytes => this["mem_limit"] is string limit
        && limit.EndsWith('m') ? int.Parse(limit[..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;
}
