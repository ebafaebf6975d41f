using System.Globalization;

namespace Shop.Hosting;

/// <summary>An amount on the wire. A text, because a JSON number is a binary fraction to many readers.</summary>
/// <param name="Amount">Two decimals, such as <c>25.00</c>.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record Money(string Amount, string Currency)
{
    public static Money Euro(decimal amount) => new(amount.ToString("0.00", CultureInfo.InvariantCulture), "EUR");
}
