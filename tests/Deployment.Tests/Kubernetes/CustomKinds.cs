using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>
/// The fields of operators' resources that this repository uses, as their documentation has them. Other fields are refused, so that a
/// typing error is not ignored.
/// </summary>
static class CustomKinds
{
    // "!" marks a required field.
    static readonly Dictionary<(string ApiVersion, string Kind), string> _spec = new()
    {
        [("cert-manager.io/v1", "Issuer")] = "selfSigned ca",
        [("cert-manager.io/v1", "Certificate")] =
            "secretName! issuerRef! dnsNames commonName isCA duration renewBefore privateKey usages secretTemplate",
        [("external-secrets.io/v1", "ExternalSecret")] = "refreshInterval! secretStoreRef! target! data!",
        [("postgresql.cnpg.io/v1", "Cluster")] =
            "instances! imageName! primaryUpdateStrategy postgresql! bootstrap! managed! certificates! affinity! resources! storage! walStorage! plugins!",
        [("postgresql.cnpg.io/v1", "ScheduledBackup")] = "schedule! cluster! method! pluginConfiguration! immediate backupOwnerReference",
        [("barmancloud.cnpg.io/v1", "ObjectStore")] = "configuration! retentionPolicy!",
        [("rabbitmq.com/v1beta1", "RabbitmqCluster")] = "replicas! image! tls! persistence! resources! rabbitmq! affinity!",
        [("rabbitmq.com/v1beta1", "Vhost")] = "name! defaultQueueType! rabbitmqClusterReference!",
        [("rabbitmq.com/v1beta1", "User")] = "tags importCredentialsSecret! rabbitmqClusterReference!",
        [("rabbitmq.com/v1beta1", "Permission")] = "vhost! user! permissions! rabbitmqClusterReference!",
        [("rabbitmq.com/v1beta1", "Policy")] = "vhost! name! pattern! applyTo! priority! definition! rabbitmqClusterReference!",
        [("keda.sh/v1alpha1", "TriggerAuthentication")] = "secretTargetRef! configMapTargetRef!",
        [("keda.sh/v1alpha1", "ScaledObject")] =
            "scaleTargetRef! minReplicaCount! maxReplicaCount! pollingInterval cooldownPeriod fallback! triggers!",
    };

    public static IReadOnlyList<string> Problems(JsonObject manifest)
    {
        var name = Manifest.NameOf(manifest);
        if (!_spec.TryGetValue(Manifest.TypeOf(manifest), out var rule))
        {
            return [$"{name}: {Manifest.TypeOf(manifest)} is no kind that is known"];
        }

        var fields = rule.Split(' ').ToLookup(field => field.TrimEnd('!'), field => field.EndsWith('!'));
        var given = manifest.At("spec") is JsonObject spec ? spec.Select(pair => pair.Key).ToArray() : [];
        return
        [
            .. manifest.Select(pair => pair.Key).Except(["apiVersion", "kind", "metadata", "spec"]).Select(
                field => $"{name}.{field}: no such field"),
            .. given.Where(field => !fields.Contains(field)).Select(field => $"{name}.spec.{field}: no such field"),
            .. fields.Where(field => field.Single() && !given.Contains(field.Key)).Select(field => $"{name}.spec.{field.Key}: is missing"),
        ];
    }
}
