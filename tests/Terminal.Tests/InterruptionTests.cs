namespace Shop.Terminal.Tests;

/// <summary>
/// A start may be interrupted at any moment. All processes it has started are known, and the next ./shop down stops them.
/// </summary>
public sealed class InterruptionTests(TypedSystem shop) : IClassFixture<TypedSystem>
{
    const int Interrupted = 130;

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.4)]
    [InlineData(0.7)]
    [InlineData(1.2)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(7)]
    public async Task After_Ctrl_C_down_leaves_nothing_behind(double seconds)
    {
        await using (var up = shop.Type("up", answers: false))
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
            up.PressCtrlC();

            var text = await TypedSystem.MustBeRight(up, Interrupted);
            // Before that, the program has not started and cannot print anything.
            Assert.True(shop.Running() is [] || text.Contains("Interrupted. Still running: ", StringComparison.Ordinal), text);
        }

        await MustGoDown();
    }

    [Fact]
    public async Task What_was_interrupted_is_completed_by_the_next_start()
    {
        await using (var up = shop.Type("up"))
        {
            await up.Shows("PostgreSQL on");
            up.PressCtrlC();
            Assert.Contains("Still running: ", await TypedSystem.MustBeRight(up, Interrupted), StringComparison.Ordinal);
        }

        await using (var up = shop.Type("up"))
        {
            await TypedSystem.MustBeRight(up);
        }

        await MustGoDown();
    }

    [Fact]
    public async Task A_second_Ctrl_C_does_not_wait()
    {
        await using (var up = shop.Type("up"))
        {
            await up.Shows("PostgreSQL");
            up.PressCtrlC();
            up.PressCtrlC();
            await TypedSystem.MustBeRight(up, Interrupted);
        }

        await MustGoDown();
    }

    [Fact]
    public async Task A_window_that_is_closed_loses_nothing()
    {
        await using (var up = shop.Type("up"))
        {
            await up.Shows("PostgreSQL");
            await up.HangUp();
            Assert.Equal(129, await up.End());
        }

        await MustGoDown();
    }

    async Task MustGoDown()
    {
        await using var down = shop.Type("down");
        await TypedSystem.MustBeRight(down);
        Assert.Empty(shop.Running());
    }
}
