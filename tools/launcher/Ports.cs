using System.Globalization;

namespace Shop.Launcher;

/// <summary>Every port of one system. SHOP_PORT_OFFSET shifts them together, so that two systems run side by side.</summary>
public sealed record Ports(int Offset)
{
    public const string Variable = "SHOP_PORT_OFFSET";

    // Above this, the highest port (RabbitMQ's 56720) would leave the range of ports.
    public const int OffsetMax = 8000;
    const int BetweenReplicas = 10;

    public int Gateway => 8080 + Offset;
    /// <summary>The gateway's metrics. Those of a service are at the service's own port.</summary>
    public int GatewayMetrics => 9464 + Offset;

    public int PaymentProvider => 5104 + Offset;
    public int Postgres => 54320 + Offset;

    public TraceViewerPorts TraceViewer => new(16686 + Offset, 4317 + Offset, 4318 + Offset);

    // The last two are Erlang's own: the node's port for its tools, and the daemon they find it by.
    public RabbitMqPorts RabbitMq => new(56720 + Offset, 15720 + Offset, 25720 + Offset, 24369 + Offset);

    public int Service(string service, int replica)
    {
        var first = service switch
        {
            "ordering" => 5101,
            "inventory" => 5102,
            "payment" => 5103,
            _ => throw new ArgumentOutOfRangeException(nameof(service), service, "There is no such service."),
        };
        return first + (BetweenReplicas * (replica - 1)) + Offset;
    }

    /// <inheritdoc cref="Parse"/>
    public static Ports FromEnvironment(int kept = 0) => Parse(Environment.GetEnvironmentVariable(Variable), kept);

    /// <param name="offset">What the environment says.</param>
    /// <param name="kept">The offset of the running system, which counts if the environment has none.</param>
    public static Ports Parse(string? offset, int kept = 0) =>
        string.IsNullOrWhiteSpace(offset) ? new(kept)
        : int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= OffsetMax ? new(value)
        : throw new UserError($"{Variable} must be a whole number from 0 to {OffsetMax}, not \"{offset}\".");
}

/// <summary>The page of the trace viewer, and where it takes spans by OTLP.</summary>
public sealed record TraceViewerPorts(int Page, int Grpc, int Http);

/// <summary>The ports of one RabbitMQ node.</summary>
public sealed record RabbitMqPorts(int Amqp, int Management, int Distribution, int NameServer)
{
    /// <summary>Those of another node of the same cluster; the first is number 1.</summary>
    public RabbitMqPorts OfNode(int number) => this with
    {
        Amqp = Amqp + number - 1,
        Management = Management + number - 1,
        Distribution = Distribution + number - 1,
    };
}
