using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Shop.Cli;
using Shop.Cli.Processes;

namespace Shop.EndToEnd.Tests;

/// <summary>What somebody who changes a service does all day: start one anew, run one by hand, try again after a failure.</summary>
public sealed class InnerLoopTests(ShopSystem shop)
{
    [Fact]
    public async Task A_restart_replaces_all_replicas_of_a_service_or_one_and_nothing_else()
    {
        var before = Pids();

        await shop.Shop("restart payment");
        var afterService = Pids();
        await shop.Shop("restart ordering-2");
        var afterOne = Pids();

        Assert.Equal(["payment-1", "payment-2"], Changed(before, afterService));
        Assert.Equal(["ordering-2"], Changed(afterService, afterOne));
        await MustConfirm();
    }

    [Fact]
    public async Task A_service_left_out_runs_by_hand_with_the_settings_it_is_told()
    {
        Assert.Contains("payment-1 is left to you", await shop.Shop("up --without payment"), StringComparison.Ordinal);
        Assert.DoesNotContain(Pids().Keys, process => process.StartsWith("payment", StringComparison.Ordinal));
        var own = new StateDirectory(Path.Combine(shop.Checkout.State.Path, "by-hand"));
        var settings = JsonSerializer.Deserialize<Dictionary<string, string>>(await shop.Shop("env payment --format json"))!;
        var folder = Path.Combine(shop.Checkout.Root, "services", "payment", "bin", "Release", "net10.0");
        var byHand = new BackgroundProcess("payment", 0, "dotnet", ["Shop.Payment.dll"]) { WorkingDirectory = folder, Environment = settings }.Start(own);
        try
        {
            await MustConfirm();
            // Remembered: nothing takes its place.
            Assert.Contains("nothing was changed", await shop.Shop("up"), StringComparison.Ordinal);
            Assert.Contains(", which payment-1 needs, is in use by ", await shop.Shop("restart payment-1", mayFail: true), StringComparison.Ordinal);
        }
        finally
        {
            await BackgroundProcess.Stop(byHand, TimeSpan.FromSeconds(15));
            await shop.Shop("restart payment");
        }

        Assert.Contains("payment-2", Pids().Keys);
        Assert.Contains("nothing was changed", await shop.Shop("up"), StringComparison.Ordinal);
        await MustConfirm();
    }

    [Fact]
    public async Task An_up_that_failed_is_remembered()
    {
        var port = shop.Checkout.Ports.Service("inventory", 3);
        using (var taken = new TcpListener(IPAddress.Loopback, port))
        {
            taken.Start();
            Assert.Contains($"Port {port}", await shop.Shop("up --replicas inventory=3", mayFail: true), StringComparison.Ordinal);
        }

        await shop.Shop("up");
        try
        {
            Assert.Contains("inventory-3", Pids().Keys);
        }
        finally
        {
            await shop.Shop("up --replicas inventory=2");
        }
    }

    Dictionary<string, int> Pids() => shop.Checkout.State.Processes.All.ToDictionary(process => process.Name, process => process.Pid);

    static IEnumerable<string> Changed(Dictionary<string, int> before, Dictionary<string, int> after) =>
        after.Where(process => before.GetValueOrDefault(process.Key) != process.Value).Select(process => process.Key).Order(StringComparer.Ordinal);

    async Task MustConfirm()
    {
        var token = shop.Token();
        var order = await shop.End((await shop.Place(token)).OrderId, token);
        Assert.Equal("Confirmed", order.GetProperty("status").GetString());
    }
}
