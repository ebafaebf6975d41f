using System.Text.Json.Nodes;

namespace Shop.Deployment.Tests.Kubernetes;

/// <summary>A pod as NetworkPolicies see it.</summary>
sealed record Pod(string Name, string Namespace, IReadOnlyDictionary<string, string> Labels);

/// <summary>The connections that the policies of both pods allow.</summary>
sealed class Network(IReadOnlyList<JsonObject> policies, string @namespace)
{
    const string NamespaceLabel = "kubernetes.io/metadata.name";

    /// <summary>True if a connection is possible. Policies of other namespaces are not known here.</summary>
    public bool Allows(Pod from, Pod to, int port) => LetsOut(from, to, port) && LetsIn(from, to, port);

    public bool LetsOut(Pod from, Pod to, int port) => from.Namespace != @namespace || Allows(from, to, port, "Egress", "egress", "to");

    public bool LetsIn(Pod from, Pod to, int port) => to.Namespace != @namespace || Allows(to, from, port, "Ingress", "ingress", "from");

    /// <summary>True if a pod may connect to an address outside the cluster.</summary>
    public bool AllowsInternet(Pod from, int port) => Rules(from, "Egress", "egress").Any(rule =>
        HasPort(rule, port) && (rule.At("to") is null || rule.List("to").Any(peer => peer.TextAt("ipBlock.cidr") == "0.0.0.0/0")));

    bool Allows(Pod self, Pod peer, int port, string type, string rules, string peers) => Rules(self, type, rules).Any(rule =>
        HasPort(rule, port) && (rule.At(peers) is null || rule.List(peers).Any(selector => IsPeer(selector, peer))));

    // A pod without a policy is open. The default-deny policy selects every pod, so there is none.
    IEnumerable<JsonNode> Rules(Pod pod, string type, string rules)
    {
        var own = policies.Where(policy =>
            policy.At("spec.policyTypes")!.AsArray().Any(listed => listed!.GetValue<string>() == type)
            && Selects(policy.At("spec.podSelector"), pod.Labels)).ToArray();
        return own is [] ? [[]] : own.SelectMany(policy => policy.List($"spec.{rules}"));
    }

    static bool HasPort(JsonNode rule, int port) =>
        rule.At("ports") is null
            || rule.List("ports").Any(allowed => allowed.TextAt("protocol") == "TCP" && allowed.NumberAt("port") == port);

    bool IsPeer(JsonNode selector, Pod pod)
    {
        if (selector.At("ipBlock") is not null)
        {
            // Blocks are addresses outside. The cluster's own addresses are among their exceptions.
            return false;
        }

        var isInNamespace = selector.At("namespaceSelector") is { } spaces
            ? Selects(spaces, new Dictionary<string, string> { [NamespaceLabel] = pod.Namespace })
            : pod.Namespace == @namespace;
        return isInNamespace && (selector.At("podSelector") is not { } pods || Selects(pods, pod.Labels));
    }

    static bool Selects(JsonNode? selector, IReadOnlyDictionary<string, string> labels) =>
        selector.Texts("matchLabels").All(label => labels.GetValueOrDefault(label.Key) == label.Value)
        && selector.List("matchExpressions").All(expression => expression.TextAt("operator") == "In"
            ? expression.At("values")!.AsArray()
                .Any(value => value!.GetValue<string>() == labels.GetValueOrDefault(expression.TextAt("key")!))
            : throw new NotSupportedException(expression.ToJsonString()));
}
