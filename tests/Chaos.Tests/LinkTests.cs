using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Shop.Chaos.Drills.Faults;

namespace Shop.Chaos.Tests;

/// <summary>The network of a drill applies its conditions, and counts the connections and pieces they met.</summary>
public sealed class LinkTests : IAsyncLifetime
{
    static readonly TimeSpan _silence = TimeSpan.FromMilliseconds(300);

    readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    readonly TcpClient _caller = new() { NoDelay = true };
    Link _link = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _echo.Start();
        _ = Echo();
        _link = new Link(() => [((IPEndPoint)_echo.LocalEndpoint).Port]);
        await _caller.ConnectAsync(IPAddress.Loopback, _link.Port, Cancellation);
        await Ask();
    }

    public async ValueTask DisposeAsync()
    {
        _caller.Dispose();
        await _link.DisposeAsync();
        _echo.Dispose();
    }

    [Fact]
    public void A_good_link_counts_nothing() => Assert.Equal(0, _link.Hits);

    [Fact]
    public async Task A_cut_link_resets_connections_old_and_new()
    {
        _link.Set(new("cut", Cut: true));

        await Assert.ThrowsAnyAsync<IOException>(Ask);
        using var another = new TcpClient();
        // The reset comes while the client connects, or right after.
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await another.ConnectAsync(IPAddress.Loopback, _link.Port, Cancellation);
            await another.GetStream().ReadExactlyAsync(new byte[1], Cancellation);
        });
        Assert.True(refused is SocketException or IOException, $"{refused}");
        Assert.Equal(2, _link.Hits);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_silent_link_holds_what_it_is_given_until_it_is_good_again(bool requests, bool answers)
    {
        _link.Set(new("silent", HoldsRequests: requests, HoldsAnswers: answers));

        var asking = Ask();
        await Assert.ThrowsAsync<TimeoutException>(() => asking.WaitAsync(_silence, Cancellation));
        Assert.Equal(1, _link.Hits);
        _link.Set(Conditions.Good);

        await asking;
    }

    [Fact]
    public async Task A_slow_link_takes_its_time_each_way()
    {
        _link.Set(new("slow", Latency: TimeSpan.FromMilliseconds(100)));
        var clock = Stopwatch.StartNew();

        await Ask();

        Assert.InRange(clock.ElapsedMilliseconds, 195, 10_000);
        Assert.Equal(2, _link.Hits);
    }

    async Task Ask()
    {
        var stream = _caller.GetStream();
        await stream.WriteAsync("x"u8.ToArray(), Cancellation);
        if (await stream.ReadAsync(new byte[1], Cancellation) != 1)
        {
            throw new IOException("The connection was closed.");
        }
    }

    async Task Echo()
    {
        while (true)
        {
            var caller = await _echo.AcceptTcpClientAsync(Cancellation);
            caller.NoDelay = true;
            _ = caller.GetStream().CopyToAsync(caller.GetStream(), Cancellation);
        }
    }
}
