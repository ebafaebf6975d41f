using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Launcher.Tests;

public sealed class ShopProgramsTests : IDisposable
{
    readonly StateDirectory _state = new(Directory.CreateTempSubdirectory("shop-programs-").FullName);

    [Theory]
    [InlineData("OrderSaga__PaymentTimeLimit", "00:00:21")]
    [InlineData("ORDERSAGA__PAYMENTTIMELIMIT", "00:00:21")]
    [InlineData("Messaging__OutboxBatch", "7")]
    public void A_setting_of_the_shell_is_among_those_of_the_process_once_and_a_reason_to_start_it_anew(string name, string value)
    {
        var before = Ordering();
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            var after = Ordering();

            Assert.NotEqual(before.Fingerprint, after.Fingerprint);
            Assert.Equal(
                value, Assert.Single(after.Environment, setting => setting.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public void What_the_launcher_decides_is_not_the_shell_s()
    {
        var before = Ordering();
        Environment.SetEnvironmentVariable("Draining__Time", "01:00:00");
        try
        {
            Assert.Equal(before.Environment["Draining__Time"], Ordering().Environment["Draining__Time"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("Draining__Time", null);
        }
    }

    public void Dispose() => Directory.Delete(_state.Path, recursive: true);

    BackgroundProcess Ordering() => new ShopPrograms(new("/", _state, new Ports(0))).Find("ordering", Replicas.Of([]))[0];
}
