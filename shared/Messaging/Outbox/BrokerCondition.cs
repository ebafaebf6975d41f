using System.Collections.Concurrent;
using System.Diagnostics;

namespace Shop.Messaging;

/// <summary>The state of the relay's connection to the broker, for readiness, and how long deadlines still wait after an outage.</summary>
sealed class BrokerCondition(RabbitMqOptions options)
{
    static readonly TimeSpan _longestSettling = TimeSpan.FromSeconds(30);

    // A row that is refused comes back sooner.
    static readonly TimeSpan _refusalForgotten = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<string, (string Reason, long At)> _refusals = new();
    volatile string? _problem = "The message broker is being connected to.";
    long? _awaySince = Stopwatch.GetTimestamp();
    (long Since, TimeSpan Time) _settling;

    /// <summary>What keeps messages from going out, in words that say what to do; null if nothing does.</summary>
    public string? Problem => _problem ?? Refusals();

    /// <summary>
    /// True if deadlines may go out. During an outage the other services could not send either, so answers that waited as long as the
    /// deadlines come first.
    /// </summary>
    public bool IsSettled => Stopwatch.GetElapsedTime(_settling.Since) >= _settling.Time;

    public void Away(string problem)
    {
        _awaySince ??= Stopwatch.GetTimestamp();
        _problem = problem;
    }

    public void Away(Exception error) => Away(BrokerProblem.Of(error, options));

    /// <returns>True if it was away.</returns>
    public bool Back()
    {
        var outage = _awaySince is { } since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;
        var wasAway = _problem is not null;
        if (wasAway)
        {
            _settling = (Stopwatch.GetTimestamp(), outage < _longestSettling ? outage : _longestSettling);
        }

        _awaySince = null;
        _problem = null;
        return wasAway;
    }

    public void Published(IEnumerable<RelayRow> rows, PublishOutcome outcome)
    {
        if (!_refusals.IsEmpty)
        {
            foreach (var exchange in rows.Select(row => row.Exchange).Distinct())
            {
                _refusals.TryRemove(exchange, out _);
            }
        }

        foreach (var refusal in outcome.Refused)
        {
            _refusals[refusal.Row.Exchange] = (refusal.Reason, Stopwatch.GetTimestamp());
        }
    }

    string? Refusals()
    {
        var refusals = _refusals.Where(refusal => Stopwatch.GetElapsedTime(refusal.Value.At) < _refusalForgotten)
            .Select(refusal => $"The message broker does not take messages for {refusal.Key}: {refusal.Value.Reason.TrimEnd('.')}.")
            .Order().ToArray();
        return refusals is [] ? null : string.Join(' ', refusals);
    }
}
