using Shop.Bench.Peers;

namespace Shop.Bench.Tests;

/// <summary>The check of the systems that have no audit.</summary>
public sealed class BooksTests
{
    static readonly Books _right = new(Unfinished: 0, Confirmed: 3, Due: 30.50m, Held: 0, Sold: 3, Taken: 30.50m);

    [Fact]
    public void Books_that_add_up_have_no_contradiction()
    {
        Assert.Empty(_right.Contradictions(30.50m));
        Assert.Empty(_right.Contradictions(charged: null));
    }

    [Fact]
    public void Whatever_does_not_add_up_is_told()
    {
        Assert.Equal(["orders without an end: expected 0, found 1"], (_right with { Unfinished = 1 }).Contradictions(null));
        Assert.Equal(["units on hold when every order has ended: expected 0, found 2"], (_right with { Held = 2 }).Contradictions(null));
        Assert.Equal(["units sold: expected 3, found 4"], (_right with { Sold = 4 }).Contradictions(null));
        Assert.Equal(["EUR taken: expected 30.50, found 20.00"], (_right with { Taken = 20.00m }).Contradictions(null));
        Assert.Equal(["EUR in the payment provider's ledger: expected 30.50, found 41.00"], _right.Contradictions(41.00m));
    }
}
