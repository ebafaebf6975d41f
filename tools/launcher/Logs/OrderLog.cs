namespace Shop.Launcher.Logs;

/// <summary>
/// The lines of all processes about one order. These are the lines that name it, and the lines that name no order but belong to a trace in
/// which it is mentioned, such as those of a gateway that could not reach a service.
/// </summary>
public sealed class OrderLog
{
    readonly string _orderId;
    readonly IReadOnlyList<LogFile> _files;
    readonly HashSet<string> _traces = [];

    public OrderLog(Guid orderId, IReadOnlyList<LogFile> files)
    {
        (_orderId, _files) = (orderId.ToString("D"), files);
        foreach (var line in files.SelectMany(log =>
            new LogFile(log.Process, log.File).ReadNew().Where(Mentions).Select(text => LogLine.Parse(log.Process, text))))
        {
            Learn(line);
        }
    }

    public IReadOnlyCollection<string> Traces => _traces;

    /// <summary>The lines added since the last time, in the order of their times.</summary>
    public IReadOnlyList<LogLine> ReadNew() =>
    [
        .. _files.SelectMany(log => log.ReadNew()
            .Where(text => Mentions(text) || _traces.Any(trace => text.Contains(trace, StringComparison.Ordinal)))
            .Select(text => LogLine.Parse(log.Process, text))
            .Where(IsAboutIt))
            .OrderBy(line => line.Time),
    ];

    bool Mentions(string text) => text.Contains(_orderId, StringComparison.Ordinal);

    bool IsAboutIt(LogLine line)
    {
        Learn(line);
        return line.OrderId == _orderId || (line is { Time: not null, OrderId: null, TraceId: { } trace } && _traces.Contains(trace));
    }

    void Learn(LogLine line)
    {
        if (line.OrderId == _orderId && line.TraceId is { } trace)
        {
            _traces.Add(trace);
        }
    }
}
