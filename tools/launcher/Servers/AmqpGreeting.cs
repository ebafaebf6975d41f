using System.Net.Sockets;

namespace Shop.Launcher.Servers;

/// <summary>Checks whether a broker speaks AMQP at a port. It does so once it takes clients.</summary>
static class AmqpGreeting
{
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(3);

    public static async Task<bool> IsGiven(int port, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync("AMQP\0\0\x09\x01"u8.ToArray(), limit.Token);
            var answer = new byte[7];
            await stream.ReadExactlyAsync(answer, limit.Token);
            // A method frame on channel 0: connection.start.
            return answer is [1, 0, 0, ..];
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
