namespace Shop.Simulation;

/// <summary>
/// Shop on many shards. Each has one core for ordering, one for inventory, one for payment, each with its database and its
/// share of the broker. An order belongs to the ordering and payment shard its id hashes to, and to inventory where its product is.
/// </summary>
public sealed class ShardedShop(int shards, Demand demand, bool splits)
{
    const double Milliseconds = 1e-3;

    // Measured by ./shop load at 32 connections: the processor time of one order in each service, with an equal share of the time of
    // PostgreSQL, RabbitMQ and the payment provider.
    const double Shared = (1.53 + 1.24 + 0.19) / 3 * Milliseconds;
    const double Ordering = (1.45 * Milliseconds) + Shared;
    const double Inventory = (1.49 * Milliseconds) + Shared;
    const double Payment = (1.43 * Milliseconds) + Shared;

    const double Gateway = 0.65 * Milliseconds;
    const double BrokerHop = 3 * Milliseconds;
    const double PaymentProvider = 50 * Milliseconds;
    const double Commit = 2 * Milliseconds;
    const int BatchMax = 128;

    // The terminal state is ordering's third commit; then inventory still turns the hold into a sale.
    const int OrderingVisits = 3;
    const int InventoryVisits = 2;
    const int PaymentVisits = 2;
    const int DecidingStep = 5;

    static readonly LaneCost _ordering = new(Commit, Ordering / OrderingVisits, BatchMax, Varies: true);
    static readonly LaneCost _inventory = new(Commit, Inventory / InventoryVisits, BatchMax, Varies: true);
    static readonly LaneCost _payment = new(Commit, Payment / PaymentVisits, BatchMax, Varies: true);

    static readonly Step[] _steps =
        [new(Gateway), new(BrokerHop), new(BrokerHop), new(BrokerHop), new(PaymentProvider), new(BrokerHop), new(BrokerHop)];

    readonly StockPlan _stock = new(demand, shards, splits);

    public int LargestSplit => _stock.LargestSplit;

    /// <summary>The rate, in orders per second, at which the first shard has no time left, however long a batch it makes.</summary>
    public double Saturation => 1 / new[]
    {
        OrderingVisits * _ordering.AtLeast / shards,
        InventoryVisits * _inventory.AtLeast * _stock.LargestShare,
        PaymentVisits * _payment.AtLeast / shards,
    }.Max();

    public Observation Run(Watch watch, ulong seed)
    {
        var lanes = new[] { _ordering, _inventory, _payment }
            .SelectMany(cost => Enumerable.Range(0, shards).Select(_ => new Lane(cost)))
            .ToArray();
        return new Network(lanes, _steps, DecidingStep, Route, seed).Run(watch);
    }

    void Route(RandomNumbers random, Span<int> lanes)
    {
        // Ids are random, so the shard of an id is random too.
        var home = random.Next(shards);
        var ordering = home;
        var inventory = shards + _stock.ShardOf(demand.Pick(random), random);
        var payment = (2 * shards) + home;
        ReadOnlySpan<int> path = [ordering, inventory, ordering, payment, payment, ordering, inventory];
        path.CopyTo(lanes);
    }
}
