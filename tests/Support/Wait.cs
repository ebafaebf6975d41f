using Xunit;

namespace Shop.Support;

/// <summary>Waits for what must become true, with a deadline that only a failure reaches.</summary>
public static class Wait
{
    static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads until a condition holds, and fails with what there was instead.</summary>
    public static async Task<T> Until<T>(Func<Task<T>> read, Func<T, bool> holds, string expectation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(_patience);
        using var tick = new PeriodicTimer(_interval);
        while (true)
        {
            var value = await read();
            if (holds(value))
            {
                return value;
            }

            try
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Expected {expectation}; last seen: {value}");
            }
        }
    }

    public static Task Until(Func<Task<bool>> holds, string expectation) => Until(holds, held => held, expectation);

    public static Task Until(Func<bool> holds, string expectation) =>
        Until(() => Task.FromResult(holds()), held => held, expectation);
}
