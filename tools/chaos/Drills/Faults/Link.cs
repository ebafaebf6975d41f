using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Shop.Chaos.Drills.Faults;

/// <summary>How a link treats what passes it.</summary>
/// <param name="Cut">Connections are reset, and new ones too.</param>
/// <param name="HoldsRequests">Nothing gets from the caller to the server, and the connection stays open.</param>
/// <param name="HoldsAnswers">Nothing gets back to the caller, and the connection stays open.</param>
/// <param name="Latency">Added to each piece, each way.</param>
/// <param name="LossRate">Share of pieces that TCP loses and sends again. The link delivers them a fifth of a second late.</param>
/// <param name="BytesPerSecond">0 for no limit.</param>
public sealed record Conditions(
    string Title,
    bool Cut = false,
    bool HoldsRequests = false,
    bool HoldsAnswers = false,
    TimeSpan Latency = default,
    double LossRate = 0,
    int BytesPerSecond = 0)
{
    public static Conditions Good { get; } = new("good");
}

/// <summary>A TCP proxy: the network between one process and one server, with all its faults.</summary>
public sealed class Link : IAsyncDisposable
{
    const int PieceBytes = 16_384;
    static readonly TimeSpan _retransmission = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan _holdInterval = TimeSpan.FromMilliseconds(20);

    readonly TcpListener _listener;
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<Socket, Socket> _connections = new();
    readonly Func<IReadOnlyList<int>> _targets;
    readonly Task _accepting;
    volatile Conditions _conditions = Conditions.Good;
    int _hits;

    /// <param name="targets">The ports it leads to: the first that answers.</param>
    /// <param name="port">Its own; 0 for any that is free.</param>
    public Link(Func<IReadOnlyList<int>> targets, int port = 0)
    {
        _targets = targets;
        _listener = new(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections or pieces the conditions have met since they were set.</summary>
    public int Hits => _hits;

    public void Set(Conditions conditions)
    {
        _conditions = conditions;
        Interlocked.Exchange(ref _hits, 0);
        if (conditions.Cut)
        {
            foreach (var (caller, server) in _connections)
            {
                Interlocked.Increment(ref _hits);
                Reset(caller);
                Reset(server);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        foreach (var (caller, server) in _connections)
        {
            Reset(caller);
            Reset(server);
        }

        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    async Task Accept()
    {
        while (true)
        {
            var caller = await _listener.AcceptSocketAsync(_stop.Token);
            if (_conditions.Cut)
            {
                Interlocked.Increment(ref _hits);
                Reset(caller);
                continue;
            }

            _ = Connect(caller);
        }
    }

    async Task Connect(Socket caller)
    {
        caller.NoDelay = true;
        Socket? server = null;
        try
        {
            server = await Reach();
            _connections[caller] = server;
            var requests = Pump(caller, server, conditions => conditions.HoldsRequests);
            var answers = Pump(server, caller, conditions => conditions.HoldsAnswers);
            await Task.WhenAll(requests, answers);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side has reset the connection, so the other side is reset too.
            Reset(caller);
        }
        finally
        {
            _connections.TryRemove(caller, out _);
            caller.Dispose();
            server?.Dispose();
        }
    }

    // The search starts at a random port, so that not all callers get the same one.
    async Task<Socket> Reach()
    {
        var targets = _targets();
        var first = Random.Shared.Next(targets.Count);
        for (var number = 0; ; number++)
        {
            var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, targets[(first + number) % targets.Count], _stop.Token);
                return server;
            }
            catch (SocketException) when (number < targets.Count - 1)
            {
                server.Dispose();
            }
        }
    }

    async Task Pump(Socket from, Socket to, Func<Conditions, bool> holds)
    {
        var buffer = new byte[PieceBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
            {
                await Apply(count, holds);
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
                }
            }

            await Apply(0, holds);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Reset(from);
            Reset(to);
            throw;
        }
    }

    async Task Apply(int bytes, Func<Conditions, bool> holds)
    {
        var now = _conditions;
        if (now == Conditions.Good)
        {
            return;
        }

        var delay = now.Latency
            + (now.LossRate > 0 && Random.Shared.NextDouble() < now.LossRate ? _retransmission : TimeSpan.Zero)
            + (now.BytesPerSecond > 0 ? TimeSpan.FromSeconds(bytes / (double)now.BytesPerSecond) : TimeSpan.Zero);
        if (delay > TimeSpan.Zero || holds(now))
        {
            Interlocked.Increment(ref _hits);
        }

        await Task.Delay(delay, _stop.Token);
        while (holds(_conditions))
        {
            await Task.Delay(_holdInterval, _stop.Token);
        }
    }

    // With a linger time of 0, closing sends a reset.
    static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Debug.WriteLine(error.Message);
        }
    }
}
