using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Shop.Support;

/// <summary>The network between a service and its database. A test can make it lose the answer to a COMMIT.</summary>
public sealed class DatabaseLink : IAsyncDisposable
{
    const int PieceBytes = 16_384;

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _end = new();
    readonly NpgsqlConnectionStringBuilder _server;
    readonly Task _accepting;
    volatile Loss? _next;
    volatile bool _isCut;
    volatile bool _isSilent;
    int _lost;

    DatabaseLink(string database)
    {
        _server = new(database);
        _listener.Start();
        Database = new NpgsqlConnectionStringBuilder(database)
        {
            Host = "127.0.0.1", Port = ((IPEndPoint)_listener.LocalEndpoint).Port
        }.ConnectionString;
        _accepting = Accept();
    }

    /// <summary>The way in which the next answer to a COMMIT is lost.</summary>
    enum LossKind
    {
        Reset,
        Silence,
    }

    /// <summary>The connection string that leads through the link.</summary>
    public string Database { get; }

    /// <summary>How many answers to a COMMIT have been lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>True: every connection is reset, and new ones, too.</summary>
    public bool IsCut { get => _isCut; set => _isCut = value; }

    public static DatabaseLink To(string database) => new(database);

    /// <summary>The connection breaks after the server has committed and before its answer arrives.</summary>
    public void BreakAtNextCommit() => _next = new(LossKind.Reset, ForAll: false);

    /// <summary>The answer of the server never comes, and the connection stays as it is.</summary>
    /// <param name="forAll">True: from then on nothing comes on any connection, until <see cref="Restore"/>.</param>
    public void LoseAnswerOfNextCommit(bool forAll = false) => _next = new(LossKind.Silence, forAll);

    /// <summary>Lets later answers pass.</summary>
    public void Restore() => _isSilent = false;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    async Task Accept()
    {
        try
        {
            while (true)
            {
                _ = Serve(await _listener.AcceptTcpClientAsync(_end.Token));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    async Task Serve(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                if (_isCut)
                {
                    client.LingerState = new(true, 0);
                    return;
                }

                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(_server.Host!, _server.Port, _end.Token);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                await Task.WhenAny(
                    Pump(client.GetStream(), server.GetStream(), isAnswer: false, both.Token),
                    Pump(server.GetStream(), client.GetStream(), isAnswer: true, both.Token));
                await both.CancelAsync();
                client.LingerState = new(true, 0);
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or IOException)
            {
                // One side has closed the connection, so the other side is closed too.
            }
        }
    }

    async Task Pump(NetworkStream from, NetworkStream to, bool isAnswer, CancellationToken end)
    {
        var piece = new byte[PieceBytes];
        var isSwallowed = false;
        while (!_isCut && await from.ReadAsync(piece, end) is > 0 and var count)
        {
            // The tag of CommandComplete, which does not depend on how the statement was sent.
            if (isAnswer && piece.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Exchange(ref _next, null) is { } loss)
            {
                Interlocked.Increment(ref _lost);
                if (loss.Kind == LossKind.Reset)
                {
                    return;
                }

                isSwallowed = true;
                _isSilent = loss.ForAll;
            }

            if (isAnswer && (isSwallowed || _isSilent))
            {
                continue;
            }

            await to.WriteAsync(piece.AsMemory(0, count), end);
        }
    }

    sealed record Loss(LossKind Kind, bool ForAll);
}
