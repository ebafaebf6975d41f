namespace Shop.EndToEnd.Tests;

/// <summary>A wrong setting ends a process at its start, with one line that names the key.</summary>
public sealed class SettingsTests(ShopSystem shop)
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
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ConnectionStrings__Database"] = "Host=127.0.0.1;Database=ordering;Username=ordering",
            ["RabbitMq__Host"] = "127.0.0.1",
            ["RabbitMq__Username"] = "ordering",
            ["RabbitMq__Password"] = "secret",
            ["Authentication__Issuer"] = "shop",
            ["Authentication__Audience"] = "shop",
            ["Authentication__PublicKeyFile"] = shop.Checkout.State.Secrets.PublicKeyFile,
            [key] = value,
        };

        var service = Path.Combine(shop.Checkout.Root, "services", "ordering", "bin", "Release", "net10.0", "Shop.Ordering.dll");
        var output = await shop.RunProgram(service, "", mayFail: true, settings);

        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("ordering: configuration error:", line);
        Assert.Contains(name, line);
    }
}
