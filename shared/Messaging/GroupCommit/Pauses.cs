namespace Shop.Messaging;

/// <summary>Growing pauses between the attempts of this process.</summary>
static class Pauses
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    public static TimeSpan Longer(TimeSpan pause) => pause * 2 < _longest ? pause * 2 : _longest;

    /// <summary>Returns early, without an error, when cancelled.</summary>
    public static async Task Wait(TimeSpan pause, CancellationToken cancellation) =>
        await Task.Delay(pause, TimeProvider.System, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
