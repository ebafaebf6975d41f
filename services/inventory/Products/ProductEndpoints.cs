using Shop.Hosting;

namespace Shop.Inventory.Products;

static class ProductEndpoints
{
    public static void MapProducts(this IEndpointRouteBuilder routes)
    {
        var products = routes.MapGroup("/products").WithTags("Products");
        products.MapGet("/", GetProducts.All).AllowAnonymous()
            .WithSummary("List products")
            .WithDescription("With price and how many are available. Needs no token.");
        products.MapGet("/{sku}", GetProducts.One).AllowAnonymous()
            .WithSummary("Look at a product")
            .WithDescription("Needs no token.");
        products.MapPut("/{sku}", PutProduct.Handle).RequireAuthorization(Policies.Staff)
            .WithSummary("Add or change a product")
            .WithDescription("For staff. Orders that were placed before keep their price.")
            .WithRequestExample("""{"name":"Mug","price":12.50}""");
        products.MapPost("/{sku}/restock", RestockProduct.Handle).RequireAuthorization(Policies.Staff)
            .WithSummary("Add to the stock of a product")
            .WithDescription("For staff. Adds goods that have arrived.")
            .WithRequestExample("""{"quantity":100}""");
    }
}
