namespace Shop.Chaos.Drills.Faults;

/// <summary>A process's clock jumps, and later back.</summary>
/// <param name="Error">How far it is ahead meanwhile; negative for behind.</param>
sealed record ClockJump(string Process, TimeSpan Error)
    : ProcessFault(FormattableString.Invariant($"clock of {Process} jumps by {Error.TotalMinutes:+0;-0} minutes"))
{
    static readonly TimeSpan _tolerance = TimeSpan.FromMinutes(1);
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public override Task<EndFault> Begin(ProcessSystem system, CancellationToken cancellation)
    {
        var clocks = system.Environment.Clocks;
        var port = system.Find(Process).Port;
        clocks.Set(Process, Error);
        return Task.FromResult<EndFault>(async cancel =>
        {
            // Every answer has the time at which it was given.
            using var answer = await _http.GetAsync($"http://127.0.0.1:{port}/health/live", cancel);
            var ahead = answer.Headers.Date - DateTimeOffset.UtcNow;
            clocks.Set(Process, TimeSpan.Zero);
            return ahead is { } found && (found - Error).Duration() < _tolerance
                ? FormattableString.Invariant($"it said {answer.Headers.Date:HH:mm} UTC")
                : throw new FaultMissed($"its clock was ahead by {ahead}");
        });
    }
}
