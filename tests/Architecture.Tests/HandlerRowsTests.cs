namespace Shop.Architecture.Tests;

/// <summary>
/// A handler gets its rows only from the batch that has locked them. A row that is read without a lock may have changed by the time it is
/// written.
/// </summary>
public sealed class HandlerRowsTests
{
    [Theory]
    [InlineData("FindAsync(")]
    [InlineData(".Local.")]
    public void No_handler_of_a_service_looks_up_a_row_by_itself(string lookUp) =>
        Assert.Equal([], Sources().Where(file => Repository.Read(file).Contains(lookUp, StringComparison.Ordinal)));

    [Fact]
    public void No_consumer_has_the_database_at_hand()
    {
        var consumers = Sources().Where(file => Repository.Read(file).Contains(": IConsumer<", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(consumers);
        Assert.Equal([], consumers.Where(file => Repository.Read(file).Contains("DbContext db", StringComparison.Ordinal)));
    }

    static IReadOnlyList<string> Sources() => Repository.Files("services", ".cs");
}
