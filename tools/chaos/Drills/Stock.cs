using Shop.Launcher;
using Shop.Launcher.Client;

namespace Shop.Chaos.Drills;

/// <summary>The products of a drill: most have plenty of stock, and one has so little that customers compete for it.</summary>
public static class Stock
{
    public const string Scarce = "SCARCE";
    const int ScarceUnits = 40;
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns when the shop takes orders for it: ordering's copy of the products follows inventory's.</summary>
    public static async Task Prepare(Checkout checkout, CancellationToken cancellation)
    {
        using var staff = new ShopApi(checkout, "drill", Tokens.Staff);
        using var customer = new ShopApi(checkout, "drill");
        await staff.Send(HttpMethod.Put, $"/products/{Scarce}", new { name = "Few of them", price = 5.00m }, cancellation);
        await staff.Send(HttpMethod.Post, $"/products/{Scarce}/restock", new { quantity = ScarceUnits }, cancellation);
        while (!await IsKnown(customer, cancellation))
        {
            await Task.Delay(_pollInterval, cancellation);
        }
    }

    // The question is an order that ends without an effect.
    static async Task<bool> IsKnown(ShopApi customer, CancellationToken cancellation)
    {
        try
        {
            await customer.Place([new(Scarce, 1)], "tok_declined", null, cancellation);
            return true;
        }
        catch (ApiError error) when (error.Status == System.Net.HttpStatusCode.UnprocessableEntity)
        {
            return false;
        }
    }
}
