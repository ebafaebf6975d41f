namespace Shop.Hosting.Tests;

/// <summary>Waits for what takes a moment to come true.</summary>
static class Eventually
{
    static readonly TimeSpan _deadline = TimeSpan.FromSeconds(15);
    static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(20);

    public static async Task True(Func<Task<bool>> condition, string what)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(_deadline);
        using var timer = new PeriodicTimer(_interval);
        while (!await condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {_deadline.TotalSeconds} s: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
