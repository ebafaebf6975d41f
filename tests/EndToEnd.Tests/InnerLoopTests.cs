using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Shop.Launcher;
using Shop.Launcher.Logs;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;
using Shop.Support;

namespace Shop.EndToEnd.Tests;

/// <summary>The daily work on a service: restart it, run it by hand, try again after a failure.</summary>
public sealed class InnerLoopTests(ShopSystem shop)
{
    static readonly string[] _servers = [LogKeeper.Name, PostgresServer.Name, RabbitMqServer.Name, RabbitMqServer.NameServer];

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
        var byHand = ByHand("payment", own, settings);
        try
        {
            await Wait.Until(() => Answers(shop.Checkout.Ports.Service("payment", 1)), "payment started by hand");
            await MustConfirm();
            // The plan is remembered, so nothing takes its place.
            Assert.Contains("nothing was changed", await shop.Shop("up"), StringComparison.Ordinal);
            Assert.Contains(
                ", which payment-1 needs, is in use by ", await shop.Shop("restart payment-1", mayFail: true), StringComparison.Ordinal);
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

    [Fact]
    public async Task The_servers_run_alone_until_what_was_left_out_is_taken_back()
    {
        var before = Pids();

        var output = await shop.Shop("up --servers");
        try
        {
            Assert.Contains("PostgreSQL and RabbitMQ are up", output, StringComparison.Ordinal);
            Assert.Equal(_servers, Pids().Keys.Order(StringComparer.Ordinal));
            Assert.Empty(Changed(before, Pids()));
            // The plan is remembered, so an up without arguments starts nothing.
            Assert.Contains("nothing was changed", await shop.Shop("up"), StringComparison.Ordinal);
            var status = await shop.Shop("status");
            Assert.Contains("Left to you: trace-viewer, card-network, ordering-1,", status, StringComparison.Ordinal);
            Assert.DoesNotContain("Replicas:", status, StringComparison.Ordinal);
            await MustStartByItsFiles("payment");
        }
        finally
        {
            await shop.Shop("up --without gateway --replicas ordering=2,inventory=2,payment=2");
            await shop.Shop("restart gateway");
        }

        Assert.Equal(before.Keys.Order(StringComparer.Ordinal), Pids().Keys.Order(StringComparer.Ordinal));
        await MustConfirm();
    }

    Dictionary<string, int> Pids() => shop.Checkout.State.Processes.All.ToDictionary(process => process.Name, process => process.Pid);

    static IEnumerable<string> Changed(Dictionary<string, int> before, Dictionary<string, int> after) =>
        after.Where(process => before.GetValueOrDefault(process.Key) != process.Value).Select(process => process.Key).Order(
            StringComparer.Ordinal);

    static async Task<bool> Answers(int port)
    {
        using var http = new HttpClient();
        try
        {
            using var answer = await http.GetAsync($"http://127.0.0.1:{port}/health/ready", TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    // The service starts as with its launch profile. Another address in the profile does not count.
    async Task MustStartByItsFiles(string service)
    {
        var own = new StateDirectory(Path.Combine(shop.Checkout.State.Path, "by-profile"));
        var byProfile = ByHand(service, own, new()
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["SHOP_SECRETS"] = SettingsFiles.FolderOf(shop.Checkout.State, service),
        });
        try
        {
            await Wait.Until(() => Answers(shop.Checkout.Ports.Service(service, 1)), $"{service} started by its files");
        }
        finally
        {
            await BackgroundProcess.Stop(byProfile, TimeSpan.FromSeconds(15));
        }
    }

    ProcessRecord ByHand(string service, StateDirectory state, Dictionary<string, string> settings) =>
        new BackgroundProcess(service, 0, "dotnet", [$"Shop.{char.ToUpperInvariant(service[0])}{service[1..]}.dll"])
        {
            WorkingDirectory = Path.Combine(shop.Checkout.Root, "services", service, "bin", "Release", "net10.0"),
            Environment = settings,
        }.Start(state);

    async Task MustConfirm()
    {
        var token = shop.Token();
        var order = await shop.End((await shop.Place(token)).OrderId, token);
        Assert.Equal("Confirmed", order.GetProperty("status").GetString());
    }
}
