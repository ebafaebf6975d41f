using System.Globalization;

namespace Shop.Hosting;

/// <summary>An amount on the wire. It is a text, because many readers make a binary fraction of a JSON number.</summary>
/// <param name="Amount">Two decimals, such as <c>25.00</c>.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record Money(string Amount, string Currency)
{
    public static Money Euro(decimal amount) => new(amount.ToString("0.00", CultureInfo.InvariantCulture), "EUR");
}
