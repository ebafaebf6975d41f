using Shop.Support;

namespace Shop.Ordering.Tests.Failures;

/// <summary>A wrong setting ends a process at its start, with one line that names the key.</summary>
public sealed class SettingsTests(TestServers servers)
{
    [Theory]
    [InlineData("ConnectionStrings__Database", "", "ConnectionStrings:Database")]
    [InlineData("ConnectionStrings__Database", "nonsense", "ConnectionStrings:Database")]
    [InlineData("RabbitMq__Host", "", "RabbitMq:Host")]
    [InlineData("RabbitMq__Port", "ninety", "RabbitMq:Port")]
    [InlineData("Authentication__Issuer", "", "Authentication:Issuer")]
    [InlineData("Authentication__PublicKeyFile", "/no/such/file", "Authentication:PublicKeyFile")]
    [InlineData("OrderSaga__PaymentTimeLimit", "soon", "OrderSaga:PaymentTimeLimit")]
    [InlineData("OrderSaga__PaymentTimeLimit", "00:00:00", "OrderSaga:PaymentTimeLimit")]
    [InlineData("Messaging__BatchSizeMax", "0", "Messaging:BatchSizeMax")]
    public async Task A_wrong_setting_is_named_in_one_line(string key, string value, string name)
    {
        // Nothing listens there, because a wrong setting is found before any call.
        var settings = servers.ServiceSettings(
            "Host=127.0.0.1;Database=ordering;Username=ordering", new("127.0.0.1", 1, "ordering", "secret", "shop"));
        settings["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        settings[key] = value;

        var (isGood, output) = await TestProgram.TryRun("Shop.Ordering", settings);

        Assert.False(isGood);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("ordering: configuration error:", line);
        Assert.Contains(name, line);
    }
}
