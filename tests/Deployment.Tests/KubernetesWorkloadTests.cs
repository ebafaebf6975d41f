using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Shop.Deployment.Tests.Kubernetes;
using Shop.Hosting;
using Shop.Launcher.Running;
using Shop.Messaging;

namespace Shop.Deployment.Tests;

/// <summary>How pods are kept small, spread, watched, replaced and scaled.</summary>
public sealed class KubernetesWorkloadTests
{
    const int Port = 8080;

    // The host's time limit for a stop (shared/Hosting/ServiceDefaults.cs).
    const int ShutdownSeconds = 13;

    static readonly string[] _replicated = [.. Replicas.Services, ShopPrograms.Gateway];

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Every_pod_is_confined(string name) =>
        Assert.Empty(Overlay.Build(name).Workloads.SelectMany(Hardening.Problems));

    [Theory]
    [InlineData("securityContext", "runAsNonRoot", "may run as root")]
    [InlineData("securityContext", "seccompProfile", "no seccomp profile")]
    [InlineData(null, "automountServiceAccountToken", "token for the API server")]
    [InlineData(null, "serviceAccountName", "no service account")]
    [InlineData("containers.0.securityContext", "allowPrivilegeEscalation", "gain privileges")]
    [InlineData("containers.0.securityContext", "readOnlyRootFilesystem", "write to its image")]
    [InlineData("containers.0.securityContext", "capabilities", "keeps capabilities")]
    [InlineData("containers.0.resources", "limits", "no memory limit")]
    [InlineData("containers.0", "image", "runs whatever")]
    public void A_pod_that_is_less_confined_is_found(string? path, string field, string problem)
    {
        var payment = Overlay.Build(Overlay.Production).Get("Deployment", "payment");
        var node = (path?.Split('.') ?? []).Aggregate(
            payment.PodTemplate().At("spec")!, (at, step) => int.TryParse(step, out var index) ? at[index]! : at[step]!);

        node.AsObject().Remove(field);

        Assert.Contains(problem, Assert.Single(Hardening.Problems(payment)));
    }

    [Theory]
    [InlineData("shop/ordering")]
    [InlineData("shop/ordering:latest")]
    [InlineData("registry.example.com:5000/shop/ordering")]
    public void An_image_without_a_fixed_tag_is_found(string image)
    {
        var ordering = Overlay.Build(Overlay.Production).Get("Deployment", "ordering");

        ordering.PodTemplate().List("spec.containers").Single()["image"] = image;

        Assert.Contains("runs whatever", Assert.Single(Hardening.Problems(ordering)));
    }

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void Each_service_and_the_gateway_is_probed_drained_spread_and_never_all_gone(string name)
    {
        var overlay = Overlay.Build(name);
        foreach (var workload in _replicated.Select(service => overlay.Get("Deployment", service)))
        {
            var pod = workload.PodTemplate().At("spec")!;
            var container = pod.List("containers").Single();
            var scheme = overlay.SettingsOf(workload)["ASPNETCORE_URLS"] == $"https://+:{Port}" ? "HTTPS" : null;
            Assert.Equal(Port, container.List("ports").Single().NumberAt("containerPort"));
            foreach (var (probe, path) in new[]
            {
                ("startupProbe", "/health/live"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live")
            })
            {
                Assert.Equal((path, "web", scheme), (container.TextAt(
                    $"{probe}.httpGet.path"), container.TextAt($"{probe}.httpGet.port"), container.TextAt($"{probe}.httpGet.scheme")));
            }

            var draining = new DrainingOptions().Time.TotalSeconds;
            Assert.True(
                pod.NumberAt(
                    "terminationGracePeriodSeconds") > container.NumberAt("lifecycle.preStop.sleep.seconds") + draining + ShutdownSeconds,
                $"{workload.Name()} is killed before it has left");
            Assert.Equal(0, workload.NumberAt("spec.strategy.rollingUpdate.maxUnavailable"));
            Assert.Null(workload.At("spec.replicas"));
            Assert.Equal(
                ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
                pod.List("topologySpreadConstraints").Select(constraint => constraint.TextAt("topologyKey")));
            AssertSelects(workload, overlay.Get("PodDisruptionBudget", workload.Name()).At("spec.selector.matchLabels"));
            AssertSelects(workload, overlay.Get("Service", workload.Name()).At("spec.selector"));
            Assert.True(Scale(overlay, workload.Name()).Min >= 2, $"{workload.Name()} may run once only");
        }
    }

    [Theory]
    [InlineData(Overlay.Local)]
    [InlineData(Overlay.Production)]
    public void The_databases_have_a_connection_for_every_replica_at_the_most(string name)
    {
        var overlay = Overlay.Build(name);
        var pool = (int)typeof(DatabaseRegistration).GetField(
            "PoolSizeMax", BindingFlags.NonPublic | BindingFlags.Static)!.GetRawConstantValue()!;
        // One more of each during a rollout.
        var wanted = Replicas.Services.ToDictionary(service => service, service => (Scale(overlay, service).Max + 1) * pool);
        const int ReservedForSuperusers = 3;

        if (name == Overlay.Local)
        {
            var arguments = overlay.Get("StatefulSet", "postgres").PodTemplate().List("spec.containers").Single().At("args")!.AsArray();
            var max = arguments.Select(argument => argument!.GetValue<string>())
                .Single(argument => argument.StartsWith("max_connections=", StringComparison.Ordinal));
            Assert.True(wanted.Values.Sum() + ReservedForSuperusers < int.Parse(max.Split('=')[1], CultureInfo.InvariantCulture));
        }
        else
        {
            Assert.All(wanted, service => Assert.True(service.Value + ReservedForSuperusers < int.Parse(
                overlay.Get("Cluster", service.Key + "-db")
                    .TextAt("spec.postgresql.parameters.max_connections")!, CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public void Replicas_follow_the_queues_they_read_and_the_outbox_they_fill()
    {
        var production = Overlay.Build(Overlay.Production);
        foreach (var service in Replicas.Services)
        {
            var triggers = production.Get("ScaledObject", service).List("spec.triggers").ToArray();
            Assert.Equal(
                QueuesOf(service),
                triggers.Where(trigger => trigger.TextAt("type") == "rabbitmq")
                    .Select(trigger => trigger.TextAt("metadata.queueName")!).Order());
            var age = MessagingInvariants.Gauges(service).Single(gauge => gauge.Name.EndsWith("outbox.age", StringComparison.Ordinal));
            Assert.Equal("s", age.Unit);
            Assert.Equal(
                $"max({age.Name.Replace('.', '_')}_seconds{{job=\"{service}\"}})",
                triggers.Single(trigger => trigger.TextAt("type") == "prometheus").TextAt("metadata.query"));
            Assert.Contains(triggers, trigger => trigger.TextAt("type") == "cpu");
        }
    }

    [Fact]
    public void Production_keeps_every_commit_and_every_message_on_more_than_one_machine()
    {
        var production = Overlay.Build(Overlay.Production);

        Assert.Equal(
            Replicas.Services.Select(service => service + "-db").Order(),
            production.Of("Cluster").Select(cluster => cluster.Name()).Order());
        Assert.All(production.Of("Cluster"), cluster =>
        {
            Assert.True(cluster.NumberAt("spec.instances") >= 3);
            Assert.Equal(
                (1, "required"),
                (cluster.NumberAt("spec.postgresql.synchronous.number"), cluster.TextAt("spec.postgresql.synchronous.dataDurability")));
            Assert.Contains(production.Of("ScheduledBackup"), backup => backup.TextAt("spec.cluster.name") == cluster.Name());
        });
        Assert.Equal(3, production.Get("RabbitmqCluster", "rabbitmq").NumberAt("spec.replicas"));
        Assert.Equal("quorum", production.Get("Vhost", "shop").TextAt("spec.defaultQueueType"));
        Assert.Empty(production.Of("Secret"));
        Assert.DoesNotContain(production.Workloads, workload => workload.Name() == ShopPrograms.PaymentProvider);
    }

    static (long Min, long Max) Scale(Overlay overlay, string service) =>
        overlay.Manifests.Single(manifest => manifest.Kind() is "HorizontalPodAutoscaler" or "ScaledObject"
            && manifest.TextAt("spec.scaleTargetRef.name") == service) is var scaler && scaler.Kind() == "ScaledObject"
                ? (scaler.NumberAt("spec.minReplicaCount")!.Value, scaler.NumberAt("spec.maxReplicaCount")!.Value)
                : (scaler.NumberAt("spec.minReplicas")!.Value, scaler.NumberAt("spec.maxReplicas")!.Value);

    static void AssertSelects(JsonObject workload, JsonNode? labels)
    {
        var selector = labels!.AsObject().Select(label => (label.Key, label.Value!.GetValue<string>()));
        Assert.Subset(
            workload.PodTemplate().Texts("metadata.labels").Select(label => (label.Key, label.Value)).ToHashSet(), selector.ToHashSet());
    }

    static IEnumerable<string> QueuesOf(string service) =>
        Settings.AssemblyOf(service).GetTypes().Single(type => type.Name == "Queues").GetFields()
            .Select(field => (string)field.GetRawConstantValue()!).Order();
}
