using Shop.Chaos.Compose;
using Shop.Chaos.Drills;

namespace Shop.Chaos.Tests;

/// <summary>A drill can be repeated: its seed decides everything it does.</summary>
public sealed class DrillPlanTests
{
    static readonly TimeSpan _load = TimeSpan.FromMinutes(2);

    static readonly Drill[] _drills = [.. DrillCatalogue.All, .. ContainerDrills.All];

    public static TheoryData<string> Drills => [.. _drills.Select(drill => drill.Name)];

    [Fact]
    public void The_same_seed_gives_the_same_orders_and_another_seed_others()
    {
        Assert.Equal(PlannedOrder.Mix("a", 7, 500, 20), PlannedOrder.Mix("a", 7, 500, 20));
        Assert.NotEqual(PlannedOrder.Mix("a", 7, 500, 20), PlannedOrder.Mix("a", 8, 500, 20));
    }

    [Theory]
    [MemberData(nameof(Drills))]
    public void The_same_seed_gives_the_same_faults_and_there_is_one_at_least(string name)
    {
        var drill = _drills.Single(drill => drill.Name == name);

        var plan = drill.Plan(new Random(7), _load);

        Assert.NotEmpty(plan);
        Assert.NotEmpty(drill.Plan(new Random(7), TimeSpan.FromSeconds(1)));
        Assert.Equal(Text(plan), Text(drill.Plan(new Random(7), _load)));
        Assert.All(plan, planned => Assert.True(planned.At < _load));

        static IEnumerable<string> Text(IEnumerable<PlannedFault> plan) =>
            plan.Select(planned => $"{planned.At} {planned.Pause} {planned.Lasting} {planned.Fault.Title}");
    }

    [Fact]
    public void A_load_has_everything_customers_do_and_comes_at_its_rate()
    {
        var plan = PlannedOrder.Mix("a", 1, 2_000, 20);

        Assert.Equal(7, plan.Select(order => order.Payment).Distinct().Count());
        Assert.Equal(7, plan.Select(order => order.Sku).Distinct().Count());
        Assert.Equal(plan.Count, plan.Select(order => order.Key).Distinct().Count());
        Assert.InRange(plan.Count(order => order.CancelAfter is not null), 150, 250);
        Assert.InRange(plan.Count(order => order.AskTwice), 150, 250);
        Assert.InRange(plan[^1].At.TotalSeconds, 90, 110);
    }
}
