using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>
/// Builds a kustomization as kustomize does, but for the hashes at the end of the names of generated ConfigMaps. It supports the features
/// that this repository uses and refuses the others, so that its result is always that of kustomize.
/// </summary>
static class Kustomization
{
    static readonly string[] _known = ["apiVersion", "kind", "namespace", "resources", "images", "patches", "configMapGenerator"];
    static readonly HashSet<string> _clusterWide = ["Namespace"];

    public static IReadOnlyList<JsonObject> Build(string folder)
    {
        var file = Path.Combine(folder, "kustomization.yaml");
        var kustomization = Yaml.ReadFile(file).Single();
        MustHaveOnly(kustomization, file, _known);
        var manifests = Resources(folder, kustomization).Concat(kustomization.List("configMapGenerator")
            .Select(map => ConfigMap(folder, map))).ToList();
        var doubles = manifests.GroupBy(Manifest.NameOf).Where(same => same.Count() > 1).Select(same => same.Key).ToArray();
        if (doubles is not [])
        {
            throw new FormatException($"{file}: there is more than one {string.Join(", ", doubles)}");
        }

        foreach (var patch in kustomization.List("patches"))
        {
            Patch(folder, patch, manifests);
        }

        foreach (var manifest in manifests)
        {
            if (kustomization.TextAt("namespace") is { } name && !_clusterWide.Contains(manifest.Kind()))
            {
                manifest["metadata"]!["namespace"] = name;
            }

            foreach (var image in kustomization.List("images"))
            {
                SetImage(manifest, image);
            }
        }

        return manifests;
    }

    static IEnumerable<JsonObject> Resources(string folder, JsonObject kustomization)
    {
        foreach (var resource in (kustomization["resources"]?.AsArray() ?? []).Select(
            path => Path.Combine(folder, path!.GetValue<string>())))
        {
            foreach (var manifest in Directory.Exists(resource) ? Build(resource) : Yaml.ReadFile(resource))
            {
                yield return manifest;
            }
        }
    }

    static JsonObject ConfigMap(string folder, JsonObject generator)
    {
        MustHaveOnly(generator, folder, "name", "envs", "files");
        var data = new JsonObject();
        foreach (var file in Strings(generator, "files"))
        {
            data.Add(Path.GetFileName(file), File.ReadAllText(Path.Combine(folder, file)));
        }

        foreach (var line in Strings(generator, "envs").SelectMany(file => File.ReadAllLines(Path.Combine(folder, file))))
        {
            if (line.Length > 0 && !line.StartsWith('#'))
            {
                var equals = line.IndexOf('=', StringComparison.Ordinal);
                data.Add(line[..equals], line[(equals + 1)..]);
            }
        }

        return new() { ["apiVersion"] =
            "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = generator.TextAt("name") }, ["data"] = data };
    }

    static void Patch(string folder, JsonObject patch, List<JsonObject> manifests)
    {
        MustHaveOnly(patch, folder, "path", "target");
        var file = Path.Combine(folder, patch.TextAt("path")!);
        foreach (var changes in Yaml.ReadFile(file))
        {
            var targets = manifests.Where(manifest => patch.At("target") is JsonObject target
                ? Matches(manifest, target)
                : Manifest.TypeOf(manifest) == Manifest.TypeOf(changes) && manifest.Name() == changes.Name()).ToArray();
            if (targets is [])
            {
                throw new FormatException($"{file}: there is nothing to patch");
            }

            foreach (var target in targets)
            {
                var named = changes.DeepClone().AsObject();
                named["metadata"]!["name"] = target.Name();
                StrategicMerge.Apply(target, named);
            }
        }
    }

    static bool Matches(JsonObject manifest, JsonObject target)
    {
        MustHaveOnly(target, "target", "kind", "labelSelector");
        return manifest.Kind() == target.TextAt("kind")
            && target.TextAt("labelSelector")!.Split('=') is [var label, var value]
            && manifest.Texts("metadata.labels").GetValueOrDefault(label) == value;
    }

    static void SetImage(JsonNode? node, JsonObject image)
    {
        MustHaveOnly(image, "images", "name", "newName", "newTag");
        foreach (var container in node.List("spec.template.spec.containers").Concat(node.List("spec.template.spec.initContainers")))
        {
            if (container.TextAt("image")!.Split(':') is [var name, ..] && name == image.TextAt("name"))
            {
                container["image"] = $"{image.TextAt("newName") ?? name}:{image.TextAt("newTag")}";
            }
        }
    }

    static IEnumerable<string> Strings(JsonObject node, string name) =>
        node.At(name) is JsonArray list ? list.Select(item => item!.GetValue<string>()) : [];

    static void MustHaveOnly(JsonObject node, string where, params string[] known)
    {
        if (node.Select(pair => pair.Key).Except(known).ToArray() is { Length: > 0 } unknown)
        {
            throw new NotSupportedException($"{where}: {string.Join(", ", unknown)} is not supported here.");
        }
    }
}
