namespace Shop.Hosting.Tests;

public sealed class CardNumberTests
{
    [Theory]
    [InlineData("4111111111111111", true)]
    [InlineData("4111 1111 1111 1111", true)]
    [InlineData("4111-1111-1111-1111", true)]
    [InlineData("378282246310005", true)]
    [InlineData("6304000000000000000", true)]
    [InlineData("4111111111111112", false)]
    [InlineData("411111111111", false)]
    [InlineData("41111111111111111111", false)]
    [InlineData("tok_visa", false)]
    [InlineData("x4111111111111111", false)]
    [InlineData("", false)]
    public void Card_numbers_are_told_from_other_texts(string text, bool isOne) =>
        Assert.Equal(isOne, CardNumbers.LookLikeOne(text));
}
