namespace Shop.Launcher.Tests;

public sealed class PortsTests
{
    [Fact]
    public void The_contract_s_ports_hold_without_an_offset()
    {
        var ports = Ports.Parse(null);

        Assert.Equal(8080, ports.Gateway);
        Assert.Equal(9464, ports.GatewayMetrics);
        Assert.Equal(5104, ports.PaymentProvider);
        Assert.Equal(54320, ports.Postgres);
        Assert.Equal(56720, ports.RabbitMq.Amqp);
        Assert.Equal(15720, ports.RabbitMq.Management);
        Assert.Equal([5101, 5102, 5103], new[] { "ordering", "inventory", "payment" }.Select(service => ports.Service(service, 1)));
        Assert.Equal([5111, 5122, 5133], [ports.Service("ordering", 2), ports.Service("inventory", 3), ports.Service("payment", 4)]);
    }

    [Fact]
    public void An_offset_moves_every_port_and_no_two_systems_meet()
    {
        var first = All(Ports.Parse("0"));
        var second = All(Ports.Parse("3000"));

        Assert.Equal(first.Select(port => port + 3000), second);
        Assert.Empty(first.Intersect(second));
        Assert.Equal(first.Length, first.Distinct().Count());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("8001")]
    [InlineData("1.5")]
    [InlineData("many")]
    public void An_offset_that_is_no_number_in_range_is_refused_by_name(string offset)
    {
        var error = Assert.Throws<UserError>(() => Ports.Parse(offset));

        Assert.Contains(Ports.Variable, error.Message, StringComparison.Ordinal);
        Assert.Contains(offset, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_says_nothing_means_the_system_that_runs()
    {
        Assert.Equal(700, Ports.Parse("", kept: 700).Offset);
        Assert.Equal(0, Ports.Parse("0", kept: 700).Offset);
    }

    [Fact]
    public void The_highest_offset_leaves_every_port_a_port() =>
        Assert.All(All(Ports.Parse("8000")), port => Assert.InRange(port, 1, 65535));

    static int[] All(Ports ports) =>
    [
        ports.Gateway, ports.GatewayMetrics, ports.PaymentProvider, ports.Postgres,
        ports.RabbitMq.Amqp, ports.RabbitMq.Management, ports.RabbitMq.Distribution, ports.RabbitMq.NameServer,
        .. Running.Replicas.Services.SelectMany(service =>
            Enumerable.Range(1, Running.Replicas.Max).Select(replica => ports.Service(service, replica))),
    ];
}
