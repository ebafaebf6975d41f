using Shop.Launcher.Running;

namespace Shop.Launcher.Tests;

public sealed class SystemPlanTests : IDisposable
{
    readonly StateDirectory _state = new(Directory.CreateTempSubdirectory("shop-plan-").FullName);

    [Fact]
    public void What_was_asked_for_is_kept_though_nothing_runs_yet()
    {
        new SystemPlan(Replicas.Parse("ordering=2", Replicas.Of([])), ["payment-1"], PortOffset: 700).Keep(_state);

        var plan = SystemPlan.Of(_state);

        Assert.Equal(700, plan.PortOffset);
        Assert.Equal(2, plan.Replicas["ordering"]);
        Assert.Equal(1, plan.Replicas["payment"]);
        Assert.Equal(["payment-1"], plan.Without);
    }

    [Fact]
    public void After_a_stop_it_is_one_of_each_again()
    {
        new SystemPlan(Replicas.Parse("ordering=2", Replicas.Of([])), ["payment-1"]).Keep(_state);
        SystemPlan.Forget(_state);

        var plan = SystemPlan.Of(_state);

        Assert.All(plan.Replicas.Values, count => Assert.Equal(1, count));
        Assert.Empty(plan.Without);
    }

    [Fact]
    public void Where_nothing_has_ever_run_there_is_nothing_to_forget()
    {
        var never = new StateDirectory(_state.Combine("never"));

        SystemPlan.Forget(never);

        Assert.False(Directory.Exists(never.Path));
    }

    [Fact]
    public void A_damaged_file_is_one_clear_message()
    {
        File.WriteAllText(_state.Combine("plan.json"), "{");

        var error = Assert.Throws<UserError>(() => SystemPlan.Of(_state));

        Assert.Contains("plan.json is damaged", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_state.Path, recursive: true);
}
