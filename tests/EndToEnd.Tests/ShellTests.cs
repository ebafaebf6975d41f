using Shop.Launcher.Processes;

namespace Shop.EndToEnd.Tests;

/// <summary>What other tools have left in the shell.</summary>
public sealed class ShellTests(ShopSystem shop)
{
    const string Nowhere = "http://127.0.0.1:9";

    static readonly (string Key, string Value)[] _ofOthers =
    [
        ("http_proxy", Nowhere), ("HTTPS_PROXY", Nowhere), ("ALL_PROXY", Nowhere), ("PGSSLMODE", "require"), ("PGHOSTADDR", "127.0.0.99"),
        ("PGOPTIONS", "-c default_transaction_read_only=on"), ("RABBITMQ_NODENAME", "other@elsewhere"), ("ASPNETCORE_HTTPS_PORTS", "8443"),
        ("DOTNET_gcServer", "1"), ("OTEL_SERVICE_NAME", "mine"), ("ConnectionStrings__DatabasePassword", "wrong"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("TMPDIR", "/no/such/folder"),
    ];

    [Fact]
    public async Task Settings_for_other_systems_stop_nothing_and_reach_no_process()
    {
        shop.Kill("payment-1");
        shop.Kill("gateway");

        await shop.Shop("up", settings: _ofOthers);

        Assert.Contains("Confirmed", await shop.Shop("order", settings: _ofOthers), StringComparison.Ordinal);
        await shop.Shop("audit --wait 60", settings: _ofOthers);
        foreach (var (name, value) in _ofOthers)
        {
            Assert.NotEqual(value, ProcFiles.VariableOf(shop.Find("payment-1").Pid, name));
        }
    }
}
