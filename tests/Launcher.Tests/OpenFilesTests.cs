using Shop.Launcher.Running;

namespace Shop.Launcher.Tests;

public sealed class OpenFilesTests
{
    [Theory]
    [InlineData("256", "1048576")]
    [InlineData("1024", "1024")]
    [InlineData("unlimited", "unlimited")]
    public void A_limit_that_can_be_raised_far_enough_will_do(string limit, string highest) =>
        OpenFiles.MustSuffice(Limits(limit, highest));

    [Fact]
    public void Too_low_a_limit_is_refused_with_what_is_needed()
    {
        var error = Assert.Throws<UserError>(() => OpenFiles.MustSuffice(Limits("256", "256")));

        Assert.StartsWith("A process may open 256 files here, and Shop needs 1024.", error.Message);
    }

    static string Limits(string limit, string highest) => $"""
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             95995                95995                processes
        Max open files            {limit,-20} {highest,-20} files
        """;
}
