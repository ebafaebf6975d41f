using Shop.Hosting;

namespace Shop.Inventory.Products;

static class ProductEndpoints
{
    public static void MapProducts(this IEndpointRouteBuilder routes)
    {
        var products = routes.MapGroup("/products").WithTags("Products");
        products.MapGet("/", GetProducts.All).AllowAnonymous();
        products.MapGet("/{sku}", GetProducts.One).AllowAnonymous();
        products.MapPut("/{sku}", PutProduct.Handle).RequireAuthorization(Policies.Staff);
        products.MapPost("/{sku}/restock", RestockProduct.Handle).RequireAuthorization(Policies.Staff);
    }
}
