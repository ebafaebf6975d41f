using Shop.Launcher.Running;

namespace Shop.Launcher.Tests;

public sealed class ReplicasTests
{
    static readonly Dictionary<string, int> _one = new() { ["ordering"] = 1, ["inventory"] = 1, ["payment"] = 1 };

    [Fact]
    public void Services_that_are_not_named_keep_their_number()
    {
        var current = new Dictionary<string, int>(_one) { ["payment"] = 3 };

        var replicas = Replicas.Parse("ordering=2, inventory=4", current);

        Assert.Equal(2, replicas["ordering"]);
        Assert.Equal(4, replicas["inventory"]);
        Assert.Equal(3, replicas["payment"]);
    }

    [Fact]
    public void A_number_alone_is_for_all() =>
        Assert.All(Replicas.Services, service => Assert.Equal(2, Replicas.Parse("2", _one)[service]));

    [Fact]
    public void What_runs_is_read_from_the_names_of_the_processes()
    {
        var replicas = Replicas.Of(["postgres", "ordering-1", "ordering-2", "payment-1", "gateway"]);

        Assert.Equal(2, replicas["ordering"]);
        Assert.Equal(1, replicas["payment"]);
        Assert.Equal(1, replicas["inventory"]);
    }

    [Theory]
    [InlineData("ordering", "ordering")]
    [InlineData("0", "0")]
    [InlineData("ordering=", "ordering")]
    [InlineData("ordering=0", "0")]
    [InlineData("ordering=10", "10")]
    [InlineData("ordering=-1", "-1")]
    [InlineData("gateway=2", "gateway")]
    [InlineData("shipping=2", "shipping")]
    [InlineData("ordering=1=2", "ordering=1=2")]
    public void A_wrong_option_is_refused_and_quoted(string option, string quoted)
    {
        var error = Assert.Throws<UserError>(() => Replicas.Parse(option, _one));

        Assert.StartsWith("--replicas: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(quoted, error.Message, StringComparison.Ordinal);
    }
}
