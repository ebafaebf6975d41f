using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>The names that manifests refer to, and the objects that have these names.</summary>
static class References
{
    /// <summary>References such as <c>Secret/tokens:signing-key.public.pem</c> for a key, or <c>Secret/tokens</c>.</summary>
    public static IEnumerable<string> Of(JsonObject manifest) => manifest.PodTemplate() is { } template
        ? OfPod(template.At("spec")!)
        : manifest.Kind() switch
        {
            "HorizontalPodAutoscaler" or "ScaledObject" =>
                [$"{manifest.TextAt("spec.scaleTargetRef.kind")}/{manifest.TextAt("spec.scaleTargetRef.name")}"],
            "Cluster" =>
            [
                Key("Secret", manifest.TextAt("spec.bootstrap.initdb.secret.name"), "password"),
                Key("Secret", manifest.TextAt("spec.certificates.serverTLSSecret"), "tls.key"),
                Key("Secret", manifest.TextAt("spec.certificates.serverCASecret"), "ca.crt"),
                .. manifest.List("spec.managed.roles").Select(role => Key("Secret", role.TextAt("passwordSecret.name"), "password")),
                .. manifest.List("spec.plugins").Select(plugin => $"ObjectStore/{plugin.TextAt("parameters.barmanObjectName")}"),
            ],
            "ObjectStore" =>
            [
                .. new[] { "accessKeyId", "secretAccessKey" }.Select(name => manifest.At($"spec.configuration.s3Credentials.{name}"))
                    .Select(key => Key("Secret", key.TextAt("name"), key.TextAt("key"))),
            ],
            "ScheduledBackup" => [$"Cluster/{manifest.TextAt("spec.cluster.name")}"],
            "RabbitmqCluster" => [Key("Secret", manifest.TextAt("spec.tls.secretName"), "tls.key")],
            "Vhost" or "User" or "Permission" =>
            [
                $"RabbitmqCluster/{manifest.TextAt("spec.rabbitmqClusterReference.name")}",
                .. manifest.Kind() == "User"
                    ? [Key("Secret", manifest.TextAt("spec.importCredentialsSecret.name"), "password")]
                    : Array.Empty<string>(),
                .. manifest.Kind() == "Permission" ? [$"User/{manifest.TextAt("spec.user")}"] : Array.Empty<string>(),
            ],
            "TriggerAuthentication" =>
            [
                .. manifest.List("spec.secretTargetRef").Select(key => Key("Secret", key.TextAt("name"), key.TextAt("key"))),
                .. manifest.List("spec.configMapTargetRef").Select(key => Key("ConfigMap", key.TextAt("name"), key.TextAt("key"))),
            ],
            "Ingress" => manifest.List("spec.rules").SelectMany(rule => rule.List("http.paths"))
                .Select(path => $"Service/{path.TextAt("backend.service.name")}"),
            "Certificate" => [$"{manifest.TextAt("spec.issuerRef.kind")}/{manifest.TextAt("spec.issuerRef.name")}"],
            "Issuer" when manifest.TextAt("spec.ca.secretName") is { } secret => [Key("Secret", secret, "tls.key")],
            _ => [],
        };

    /// <summary>The objects of a manifest: itself, its keys, and the objects that an operator makes of it.</summary>
    public static IEnumerable<string> MadeBy(JsonObject manifest)
    {
        yield return Manifest.NameOf(manifest);
        var (secret, keys) = manifest.Kind() switch
        {
            "ConfigMap" => (Manifest.NameOf(manifest), manifest.Texts("data").Keys),
            "Secret" => (Manifest.NameOf(manifest), manifest.Texts("data").Keys.Concat(manifest.Texts("stringData").Keys)),
            "Certificate" => ($"Secret/{manifest.TextAt("spec.secretName")}", ["tls.crt", "tls.key", "ca.crt"]),
            "ExternalSecret" =>
                ($"Secret/{manifest.TextAt("spec.target.name")}", manifest.At("spec.target.template.data") is JsonObject template
                    ? template.Select(pair => pair.Key)
                    : manifest.List("spec.data").Select(key => key.TextAt("secretKey")!)),
            _ => ("", []),
        };
        if (secret.Length > 0)
        {
            yield return secret;
        }

        foreach (var key in keys)
        {
            yield return $"{secret}:{key}";
        }
    }

    static IEnumerable<string> OfPod(JsonNode pod)
    {
        yield return $"ServiceAccount/{pod.TextAt("serviceAccountName")}";
        foreach (var container in pod.List("containers"))
        {
            foreach (var map in container.List("envFrom"))
            {
                yield return $"ConfigMap/{map.TextAt("configMapRef.name")}";
            }

            foreach (var key in container.List("env").Select(variable => variable.At("valueFrom.secretKeyRef")).OfType<JsonObject>())
            {
                yield return Key("Secret", key.TextAt("name"), key.TextAt("key"));
            }
        }

        foreach (var volume in pod.List("volumes"))
        {
            foreach (var reference in OfVolume(volume).Concat(volume.List("projected.sources").SelectMany(OfVolume)))
            {
                yield return reference;
            }
        }
    }

    static IEnumerable<string> OfVolume(JsonObject volume)
    {
        if (volume.TextAt("configMap.name") is { } map)
        {
            yield return $"ConfigMap/{map}";
        }

        if (volume.TextAt("persistentVolumeClaim.claimName") is { } claim)
        {
            yield return $"PersistentVolumeClaim/{claim}";
        }

        if ((volume.TextAt("secret.secretName") ?? volume.TextAt("secret.name")) is { } secret)
        {
            yield return $"Secret/{secret}";
            foreach (var item in volume.List("secret.items"))
            {
                yield return Key("Secret", secret, item.TextAt("key"));
            }
        }
    }

    static string Key(string kind, string? name, string? key) => $"{kind}/{name}:{key}";
}
