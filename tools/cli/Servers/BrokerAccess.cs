namespace Shop.Cli.Servers;

/// <summary>
/// Who may do what in the broker. A service may use its own queues, publish what it announces or asks for, and listen to
/// what it consumes; so none can forge another's messages.
/// </summary>
static class BrokerAccess
{
    public const string VirtualHost = "shop";
    public const string Monitor = "monitor";

    /// <summary>Whoever listens to what is announced, and says nothing.</summary>
    public const string Subscriber = "subscriber";

    const string SubscribersQueues = $"{Subscriber}-.*";

    public static IReadOnlyList<BrokerUser> Users(Secrets secrets) =>
    [
        Service(
            "ordering",
            secrets,
            publishes: ["Inventory:(ReserveStock|ReleaseStock)", "Payment:(TakePayment|RefundPayment)", "Ordering:.*"],
            consumes:
            [
                "Inventory:(StockReserved|StockRejected|StockReleased|SaleRejected|ProductChanged)",
                "Payment:(PaymentTaken|PaymentDeclined|PaymentRefunded)",
            ]),
        Service(
            "inventory",
            secrets,
            publishes: ["Inventory:(StockReserved|StockRejected|StockReleased|SaleRejected|ProductChanged)"],
            consumes: ["Inventory:(ReserveStock|ReleaseStock)", "Ordering:OrderConfirmed"]),
        Service(
            "payment",
            secrets,
            publishes: ["Payment:(PaymentTaken|PaymentDeclined|PaymentRefunded)"],
            consumes: ["Payment:(TakePayment|RefundPayment)"]),
        new(
            Subscriber,
            secrets.Password("rabbitmq-" + Subscriber),
            Configure: AnyOf([SubscribersQueues]),
            Write: AnyOf([SubscribersQueues]),
            Read: AnyOf(
            [
                SubscribersQueues,
                Contract("Inventory:(StockReserved|StockRejected|StockReleased|SaleRejected|ProductChanged)"),
                Contract("Payment:(PaymentTaken|PaymentDeclined|PaymentRefunded)"),
                Contract("Ordering:OrderConfirmed"),
            ])),
        new(Monitor, secrets.Password("rabbitmq-" + Monitor), BrokerUser.Nothing, BrokerUser.Nothing, BrokerUser.Everything, "monitoring"),
    ];

    // MassTransit names a message's exchange Namespace:Type, and gives each queue an exchange of its own name.
    static BrokerUser Service(string name, Secrets secrets, string[] publishes, string[] consumes)
    {
        var pascal = char.ToUpperInvariant(name[0]) + name[1..];
        string[] own = [$"{name}-.*", $@"Shop\.{pascal}\..*"];
        var writes = publishes.Select(Contract);
        var reads = consumes.Select(Contract);
        return new(
            name,
            secrets.Password("rabbitmq-" + name),
            Configure: AnyOf(own.Concat(writes).Concat(reads)),
            Write: AnyOf(own.Concat(writes)),
            Read: AnyOf(own.Concat(reads)));
    }

    static string Contract(string types) => $@"Shop\.Contracts\.{types}";

    static string AnyOf(IEnumerable<string> names) => $"^({string.Join('|', names)})$";
}
