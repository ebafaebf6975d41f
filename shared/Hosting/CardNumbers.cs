namespace Shop.Hosting;

/// <summary>Recognises card numbers, which must never get into a log, a message or a database.</summary>
public static class CardNumbers
{
    const int DigitsMin = 13;
    const int DigitsMax = 19;

    /// <summary>True for 13 to 19 digits, with or without blanks and dashes, whose check digit fits (ISO/IEC 7812).</summary>
    public static bool LookLikeOne(string text)
    {
        var digits = 0;
        var sum = 0;
        for (var index = text.Length - 1; index >= 0; index--)
        {
            if (char.IsAsciiDigit(text[index]))
            {
                var value = text[index] - '0';
                value = digits++ % 2 == 1 ? value * 2 : value;
                sum += value > 9 ? value - 9 : value;
            }
            else if (text[index] is not (' ' or '-'))
            {
                return false;
            }
        }

        return digits is >= DigitsMin and <= DigitsMax && sum % 10 == 0;
    }
}
