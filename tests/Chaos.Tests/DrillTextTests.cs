using Shop.Chaos.Drills;

namespace Shop.Chaos.Tests;

/// <summary>What people read of drills.</summary>
public sealed class DrillTextTests
{
    [Fact]
    public void One_of_a_kind_is_in_the_singular_and_a_busy_machine_is_named() => Assert.Equal(
        [
            "  ✔ 1 order accepted, 1 confirmed, 0 cancelled",
            "    1 fault; a new order confirmed at most 2.5 s after one",
            "    1 request repeated (1 503); longest wait for a 202: 0.4 s",
            "    1 invariant checked, 0 failures",
            "    machine: 2 cores, load average 9.5, a task waited for a core 93 % of the time: busy, so times are longer than the shop's own",
        ],
        DrillText.Of(Report(1)));

    [Fact]
    public void The_sum_counts_one_drill_as_one() => Assert.Equal(
        "1 drill, 0 skipped, 1 fault, 1 order: no promise was broken.", DrillText.Sum([Report(1)]));

    [Fact]
    public void A_failure_of_several_lines_is_one_line() =>
        Assert.Contains("      first second", DrillText.Of(Report(2) with { Failures = ["first\nsecond"] }));

    [Theory]
    [InlineData(2, 1.0, 0.1, false)]
    [InlineData(2, 4.5, 0.1, true)]
    [InlineData(2, 1.0, 0.6, true)]
    [InlineData(2, 1.0, null, false)]
    public void A_machine_is_busy_when_tasks_wait_for_it(int cores, double load, double? waiting, bool isBusy) =>
        Assert.Equal(isBusy, new MachineLoad(cores, load, waiting).IsBusy);

    [Fact]
    public void The_kernels_figures_are_read()
    {
        Assert.Equal(30.58, MachineLoad.LoadOf("30.58 27.86 19.75 23/1013 5660\n"));
        Assert.Equal(1175237792, MachineLoad.TotalOf(
            "some avg10=98.81 avg60=99.19 avg300=94.32 total=1175237792\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"));
        var machine = MachineLoad.Watch()();
        Assert.True(machine.Cores > 0);
        Assert.InRange(machine.Waiting ?? 0, 0, 2);
    }

    static DrillReport Report(int orders) => new(
        "kill-any", 1, new(orders, orders, orders, new Dictionary<string, int>()), [new("kill", 1, 2, "it died", 2.5)],
        new Dictionary<string, int> { ["503"] = 1 }, 0.4, 2.5, 1, [], new(2, 9.5, 0.93));
}
