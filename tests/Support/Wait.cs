namespace Shop.Support;

/// <summary>Waits for a condition, with a deadline that only a failure reaches.</summary>
public static class Wait
{
    static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);
    static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Reads a value until the condition holds.</summary>
    /// <param name="expectation">What the test waits for, as a noun: "all notes published".</param>
    /// <exception cref="TimeoutException">The condition did not hold in time. The message has the last value.</exception>
    public static async Task<T> Until<T>(Func<Task<T>> read, Func<T, bool> holds, string expectation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(_deadline);
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
            catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"Waited {_deadline.TotalSeconds:0} s for: {expectation}. Last seen: {value}");
            }
        }
    }

    public static Task Until(Func<Task<bool>> holds, string expectation) => Until(holds, held => held, expectation);

    public static Task Until(Func<bool> holds, string expectation) => Until(() => Task.FromResult(holds()), expectation);
}
