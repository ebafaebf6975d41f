using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;
using Shop.Support;

namespace Shop.Launcher.Tests;

public sealed class PortCheckTests : IDisposable
{
    readonly string _otherCheckout = Directory.CreateTempSubdirectory("shop-other-").FullName;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_of_another_program_is_named_with_that_program_and_a_way_aside()
    {
        var port = FreePorts.Take(1)[0];
        using var other = Process.Start(ServerPrograms.ErlangNameServer!, ["-port", $"{port}", "-address", "127.0.0.1"]);
        try
        {
            await Wait.Until(() => PortCheck.IsTaken(port), "its port");

            var error = await Assert.ThrowsAsync<UserError>(() => Check(port));

            Assert.StartsWith(
                $"Port {port}, which gateway needs, is in use by {ProcFiles.CommandOf(other.Id)} (process {other.Id}). Stop that",
                error.Message);
            Assert.Matches("SHOP_PORT_OFFSET=[0-9]000 ./shop up", error.Message);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task A_port_of_another_checkout_s_system_is_named_as_such()
    {
        await File.WriteAllTextAsync(Path.Combine(_otherCheckout, "Shop.sln"), "", Cancellation);
        var state = new StateDirectory(Path.Combine(_otherCheckout, ".shop"));
        var port = FreePorts.Take(1)[0];
        var server = new BackgroundProcess(
            "server", port, ServerPrograms.ErlangNameServer!, ["-port", $"{port}", "-address", "127.0.0.1"]).Start(state);
        try
        {
            await Wait.Until(() => PortCheck.IsTaken(port), "its port");

            var error = await Assert.ThrowsAsync<UserError>(() => Check(port));

            Assert.Contains(
                $"is in use by the Shop of {_otherCheckout}, epmd (process {server.Pid}).", error.Message, StringComparison.Ordinal);
            Assert.Equal(_otherCheckout, PortCheck.OtherCheckoutAt(new($"http://127.0.0.1:{port}"), Checkout.FindRoot()));
            Assert.Null(PortCheck.OtherCheckoutAt(new($"http://127.0.0.1:{port}"), _otherCheckout));
        }
        finally
        {
            BackgroundProcess.Kill(server);
        }
    }

    [Fact]
    public async Task A_port_that_an_outgoing_connection_holds_is_waited_for()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var outgoing = new TcpClient();
        await outgoing.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Cancellation);
        var port = ((IPEndPoint)outgoing.Client.LocalEndPoint!).Port;
        var waiting = new TaskCompletionSource<string>();

        var check = PortCheck.MustBeFree([("postgres", port)], 0, waiting.SetResult, Cancellation);

        Assert.Equal(
            $"waiting for port {port}, which an outgoing connection holds",
            await waiting.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.False(check.IsCompleted);
        outgoing.Client.Close(0);
        await check;
    }

    public void Dispose() => Directory.Delete(_otherCheckout, recursive: true);

    static Task Check(int port) => PortCheck.MustBeFree([("gateway", port)], 0, _ => { }, Cancellation);
}
