using System.Text.RegularExpressions;
using Shop.Hosting;

namespace Shop.Inventory.Products;

/// <summary>The identifier of a product: 2 to 32 capital letters, digits and dashes, without a dash in front.</summary>
static partial class Sku
{
    public static bool IsValid(string text) => Form().IsMatch(text) && !CardNumbers.LookLikeOne(text);

    // The pattern has \z, because $ also matches before a line end.
    [GeneratedRegex(@"\A[A-Z0-9][A-Z0-9-]{1,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
