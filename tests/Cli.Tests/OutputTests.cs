using Shop.Cli.Output;
using Shop.Launcher.Output;

namespace Shop.Cli.Tests;

/// <summary>What commands print: whole rows for programs, whole words within the width of a terminal for people.</summary>
public sealed class OutputTests
{
    const string Id = "0190a8b4-5f0e-7c3d-8a11-d5b6f0a1b2c3";

    [Fact]
    public void A_program_gets_one_line_for_each_row_with_every_cell_whole()
    {
        Assert.Equal(
            [
                $"order{new string(' ', 31)}      total  status",
                $"{Id}  15.00 EUR  Cancelled payment_declined",
                $"{Id}   7.50 EUR  Confirmed",
            ],
            Orders().Lines(null));
    }

    [Fact]
    public void A_table_that_fits_but_for_its_texts_continues_them_within_their_column() => Assert.Equal(
        [
            $"order{new string(' ', 31)}      total  status",
            $"{Id}  15.00 EUR  Cancelled",
            $"{new string(' ', 49)}payment_declined",
            $"{Id}   7.50 EUR  Confirmed",
        ],
        Orders().Lines(66));

    [Fact]
    public void A_table_that_does_not_fit_stacks_its_cells() => Assert.Equal(
        [Id, "  total: 15.00 EUR", "  status: Cancelled payment_declined", Id, "  total: 7.50 EUR", "  status: Confirmed"],
        Orders().Lines(40));

    [Theory]
    [InlineData(80)]
    [InlineData(66)]
    [InlineData(50)]
    [InlineData(40)]
    [InlineData(36)]
    public void No_width_breaks_a_word_or_is_left(int width)
    {
        var lines = Orders().Lines(width).ToArray();

        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.Equal(2, lines.Count(line => line.Contains(Id, StringComparison.Ordinal)));
        Assert.Contains(lines, line => line.Contains("payment_declined", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("one two three", 8, "one two", "three")]
    [InlineData("  ✔ one two three", 10, "  ✔ one", "  two", "  three")]
    [InlineData("one  two", 8, "one  two")]
    [InlineData("", 8, "")]
    [InlineData("one\n\n two three", 8, "one", "", " two", " three")]
    [InlineData("    0123456789 a", 10, "0123456789", "    a")]
    [InlineData("0123456789abc a", 10, "0123456789abc", "a")]
    [InlineData("a ", 1, "a")]
    public void Text_is_broken_between_words_and_goes_on_below_its_beginning(string text, int width, params string[] lines) =>
        Assert.Equal(lines, TextLayout.Wrap(text, width));

    [Fact]
    public void Without_a_width_text_stays_as_it_is() =>
        Assert.Equal([new string('x', 5000) + " y"], TextLayout.Wrap(new string('x', 5000) + " y", null));

    [Fact]
    public void Colours_take_no_room()
    {
        Assert.Equal(["\e[32mone\e[0m two", "three"], TextLayout.Wrap("\e[32mone\e[0m two three", 8));
        Assert.Equal("\e[32mone\e[0m  ", TextLayout.Pad("\e[32mone\e[0m", 5));
    }

    [Fact]
    public void Times_are_UTC_and_have_their_date_on_any_other_day()
    {
        var time = new DateTimeOffset(2026, 11, 24, 1, 11, 21, 7, TimeSpan.FromHours(2));

        Assert.Equal("23:11:21.007Z", Clock.Show(time, new(2026, 11, 23, 23, 59, 0, TimeSpan.Zero)));
        Assert.Equal("2026-11-23 23:11:21.007Z", Clock.Show(time, new(2026, 11, 24, 0, 0, 0, TimeSpan.Zero)));
    }

    [Theory]
    [InlineData(0, "0 orders")]
    [InlineData(1, "1 order")]
    [InlineData(2, "2 orders")]
    public void One_is_one_and_not_many(long number, string text) => Assert.Equal(text, Words.Count(number, "order"));

    static TextTable Orders()
    {
        var table = new TextTable("order", "#total", "status");
        table.Add(Id, "15.00 EUR", "Cancelled payment_declined");
        table.Add(Id, "7.50 EUR", "Confirmed");
        return table;
    }
}
