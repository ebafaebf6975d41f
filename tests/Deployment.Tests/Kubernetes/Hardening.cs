using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>What the restricted profile of Pod Security asks for, and what this repository asks of its own pods on top.</summary>
static class Hardening
{
    static readonly HashSet<string> _volumes = ["configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"];

    public static IReadOnlyList<string> Problems(JsonObject workload)
    {
        var pod = workload.PodTemplate().At("spec")!;
        var problems = new List<string>();
        Require(pod.At("securityContext.runAsNonRoot") is { } nonRoot && nonRoot.GetValue<bool>(), "may run as root");
        Require(pod.NumberAt("securityContext.runAsUser") is > 0, "names no user other than root");
        Require(pod.TextAt("securityContext.seccompProfile.type") == "RuntimeDefault", "has no seccomp profile");
        Require(pod.At("automountServiceAccountToken") is { } token && !token.GetValue<bool>(), "is given a token for the API server");
        Require(pod.TextAt("serviceAccountName") is { } account && account != "default", "has no service account of its own");
        Require(pod.At("enableServiceLinks") is { } links && !links.GetValue<bool>(), "is given an environment variable for each service");
        foreach (var shared in new[] { "hostNetwork", "hostPID", "hostIPC" })
        {
            Require(pod.At(shared) is null, $"sets {shared}");
        }

        foreach (var volume in pod.List("volumes"))
        {
            var kind = volume.Single(pair => pair.Key != "name").Key;
            Require(_volumes.Contains(kind), $"mounts a volume of kind {kind}");
            Require(
                kind != "emptyDir" || volume.TextAt("emptyDir.sizeLimit") is not null,
                $"may fill the node's disk by the volume {volume.TextAt("name")}");
        }

        foreach (var container in pod.List("containers").Concat(pod.List("initContainers")))
        {
            var security = container.At("securityContext");
            Require(security.At("allowPrivilegeEscalation") is { } more && !more.GetValue<bool>(), "may gain privileges");
            Require(security.At("readOnlyRootFilesystem") is { } readOnly && readOnly.GetValue<bool>(), "may write to its image");
            Require(
                security.At("capabilities.drop") is JsonArray dropped && dropped.Any(name => name!.GetValue<string>() == "ALL"),
                "keeps capabilities");
            Require(security.At("capabilities.add") is null, "adds capabilities");
            Require(security.At("privileged") is null, "is privileged");
            Require(container.List("ports").All(port => port.At("hostPort") is null), "opens a port of the node");
            Require(
                container.TextAt("resources.requests.cpu") is not null && container.TextAt("resources.requests.memory") is not null,
                "requests no resources");
            Require(container.TextAt("resources.limits.memory") is not null, "has no memory limit");
            Require(HasFixedTag(container.TextAt("image")), $"runs whatever {container.TextAt("image")} is today");
        }

        return problems;

        void Require(bool holds, string problem)
        {
            if (!holds)
            {
                problems.Add($"{Manifest.NameOf(workload)} {problem}");
            }
        }
    }

    static bool HasFixedTag(string? image) => image?[(image.LastIndexOf('/') + 1)..].Split(':') is [_, { Length: > 0 } and not "latest"];
}
