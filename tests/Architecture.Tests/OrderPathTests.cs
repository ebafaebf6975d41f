namespace Shop.Architecture.Tests;

/// <summary>The code that a reader follows from POST /orders to the committed outbox row is short.</summary>
public sealed class OrderPathTests
{
    const string Folder = "services/ordering";
    const int LinesMax = 330;

    // In this order. The first maps the route; the others are called from there.
    static readonly string[] _path =
        ["Orders/OrderEndpoints.cs", "Orders/PlaceOrder.cs", "Orders/PlaceOrderRules.cs", "Orders/Order.cs", "Sagas/OrderSaga.Begin.cs"];

    // Calls of these files say in one line what they do, so a reader need not open them.
    static readonly string[] _knownByName = ["Orders/Admission.cs", "Orders/OrderMetrics.cs"];

    [Fact]
    public void Placing_an_order_is_five_files()
    {
        var called = CalledFiles.From("Shop.Ordering", Folder, "Shop.Ordering.Orders.PlaceOrder", "Handle");

        Assert.Equal(_path[1..].Concat(_knownByName).Order(StringComparer.Ordinal), called);
    }

    [Fact]
    public void The_route_names_the_handler() =>
        Assert.Contains("orders.MapPost(\"/\", PlaceOrder.Handle)", Repository.Read($"{Folder}/{_path[0]}"), StringComparison.Ordinal);

    [Fact]
    public void The_path_is_short() =>
        Assert.InRange(_path.Sum(file => File.ReadLines(Path.Combine(Repository.Root, Folder, file)).Count()), 1, LinesMax);
}
