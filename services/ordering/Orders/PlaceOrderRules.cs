using Microsoft.AspNetCore.Http.HttpResults;
using Shop.Hosting;

namespace Shop.Ordering.Orders;

/// <summary>Checks an order before anything is written. Each problem names its field.</summary>
static class PlaceOrderRules
{
    const int LinesMax = 50;
    const int QuantityMax = 100;
    const int SkuLengthMax = 32;

    const string TokenPrefix = "tok_";
    const int TokenLengthMax = 128;

    /// <returns>Null if the request is fine.</returns>
    public static ProblemHttpResult? Check(PlaceOrder.Request request)
    {
        if (request.Items is [])
        {
            return Problem.Unprocessable("items", "An order needs at least one line.");
        }

        if (request.Items.Count > LinesMax)
        {
            return Problem.Unprocessable("items", $"An order has at most {LinesMax} lines.");
        }

        foreach (var (index, item) in request.Items.Index())
        {
            if (CheckItem(item, $"items[{index}]") is { } problem)
            {
                return problem;
            }
        }

        return Merge(request.Items).FirstOrDefault(line => line.Value > QuantityMax) is { Key: { } sku }
            ? Problem.Unprocessable("items", $"The lines for {sku} add up to more than {QuantityMax}.")
            : CheckPayment(request.PaymentMethod);
    }

    /// <summary>Several lines of one product are one line.</summary>
    public static IReadOnlyDictionary<string, int> Merge(IReadOnlyList<PlaceOrder.Item> items) =>
        items.GroupBy(item => item.Sku).ToDictionary(same => same.Key, same => (int)same.Sum(item => item.Quantity));

    static ProblemHttpResult? CheckItem(PlaceOrder.Item? item, string field)
    {
        if (item is null)
        {
            return Problem.Invalid(field, "A line must be an object with sku and quantity.");
        }

        if (item.Sku.Length is 0 or > SkuLengthMax || !item.Sku.All(IsSkuCharacter) || CardNumbers.LookLikeOne(item.Sku))
        {
            return Problem.Unprocessable($"{field}.sku", "There is no such product. GET /products lists what there is.");
        }

        return item.Quantity is >= 1 and <= QuantityMax && decimal.IsInteger(item.Quantity)
            ? null
            : Problem.Unprocessable($"{field}.quantity", $"The quantity must be a whole number from 1 to {QuantityMax}.");
    }

    // The payment provider decides whether a token pays, so only its form is checked here. The answers do not repeat the value, which may
    // be a card number.
    static ProblemHttpResult? CheckPayment(string method) => method switch
    {
        _ when CardNumbers.LookLikeOne(method) || CardNumbers.LookLikeOne(method.Replace(TokenPrefix, "", StringComparison.Ordinal)) =>
            Problem.Unprocessable(
                "paymentMethod", "This looks like a card number. Never send one: send the token your card form returned."),
        _ when !IsToken(method) => Problem.Unprocessable(
            "paymentMethod", $"A payment token is {TokenPrefix} and letters, digits or _ after it, such as tok_visa."),
        _ => null,
    };

    static bool IsToken(string method) =>
        method.Length > TokenPrefix.Length && method.Length <= TokenLengthMax && method.StartsWith(TokenPrefix, StringComparison.Ordinal)
            && method.All(character => char.IsAsciiLetterOrDigit(character) || character is '_');

    static bool IsSkuCharacter(char character) => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.';
}
