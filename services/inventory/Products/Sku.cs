using System.Text.RegularExpressions;
using Shop.Hosting;

namespace Shop.Inventory.Products;

/// <summary>How a product is called: 2 to 32 capital letters, digits and dashes, and no dash in front.</summary>
static partial class Sku
{
    public static bool IsValid(string text) => Form().IsMatch(text) && !CardNumbers.LookLikeOne(text);

    // \z and not $, which also matches before a line end.
    [GeneratedRegex(@"\A[A-Z0-9][A-Z0-9-]{1,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
