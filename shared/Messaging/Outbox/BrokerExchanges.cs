using System.Diagnostics;
using System.Text.RegularExpressions;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Shop.Messaging;

/// <summary>The exchanges of one connection: which are there, and which we may not use.</summary>
sealed partial class BrokerExchanges(IConnection connection)
{
    // A publish that is not allowed closes the channel for all others.
    static readonly TimeSpan _forbiddenFor = TimeSpan.FromSeconds(30);

    readonly HashSet<string> _declared = [];
    readonly Dictionary<string, (string Problem, long Since)> _forbidden = [];

    /// <returns>Those of the exchanges that cannot be published to, with the reason.</returns>
    public async Task<IReadOnlyDictionary<string, string>> Problems(IEnumerable<string> exchanges, CancellationToken cancellation)
    {
        var problems = new Dictionary<string, string>();
        foreach (var exchange in exchanges.Distinct())
        {
            if ((ForbiddenAs(exchange) ?? await Declare(exchange, cancellation)) is { } problem)
            {
                problems[exchange] = problem;
            }
        }

        return problems;
    }

    /// <summary>
    /// Publishing to an exchange that does not exist closes the channel. MassTransit declares the same exchanges, but at the receiver,
    /// which may start later. The declaration has a channel of its own, because a refusal closes it.
    /// </summary>
    /// <returns>Why it cannot be; null if it is there.</returns>
    public async Task<string?> Declare(string exchange, CancellationToken cancellation)
    {
        if (_declared.Contains(exchange))
        {
            return null;
        }

        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
        try
        {
            await channel.ExchangeDeclareAsync(
                exchange, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellation);
            _declared.Add(exchange);
            return null;
        }
        catch (OperationInterruptedException refused) when (connection.IsOpen)
        {
            return BrokerProblem.OfExchange(refused.ShutdownReason, refused.Message);
        }
    }

    /// <summary>Remembers the exchange, if a publish that is not allowed was why a channel was closed.</summary>
    public bool Forbid(ShutdownEventArgs? closed)
    {
        if (closed is not { ReplyCode: Constants.AccessRefused } || Exchange().Match(closed.ReplyText) is not { Success: true } found)
        {
            return false;
        }

        lock (_forbidden)
        {
            _forbidden[found.Groups[1].Value] = (BrokerProblem.OfExchange(closed, closed.ReplyText), Stopwatch.GetTimestamp());
        }

        return true;
    }

    string? ForbiddenAs(string exchange)
    {
        lock (_forbidden)
        {
            return _forbidden.TryGetValue(exchange, out var known)
                && Stopwatch.GetElapsedTime(known.Since) < _forbiddenFor ? known.Problem : null;
        }
    }

    [GeneratedRegex("exchange '([^']+)'")]
    private static partial Regex Exchange();
}
