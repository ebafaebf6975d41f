using Shop.Hosting;
using Shop.Inventory;
using Shop.Inventory.Data;
using Shop.Inventory.Products;
using Shop.Inventory.Reservations;
using Shop.Messaging;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("inventory");
builder.AddDatabase<InventoryDbContext>(InventoryDbContext.Schema);
builder.AddValidatedOptions<ReservationOptions>(ReservationOptions.Section);
builder.AddValidatedOptions<CatalogueOptions>(CatalogueOptions.Section);
builder.AddMessaging<InventoryDbContext>(messaging => messaging
    .Endpoint(Queues.Stock, endpoint => endpoint
        .Consumer<ReserveStockConsumer>()
        .Consumer<ReleaseStockConsumer>()
        .Consumer<SellStockConsumer>())
    .Rows<Reservation>()
    .Rows<Product>());
builder.AddInvariants(InventoryDbContext.Schema, StockInvariants.Rules, StockInvariants.Holds, StockInvariants.OldestHold);
builder.AnswerUnavailable<OverloadedException>();
builder.Services.AddSingleton<SeedCatalogue>();
builder.Services.AddHostedService(services => services.GetRequiredService<SeedCatalogue>());
builder.Services.AddHostedService<ExpireReservations>();
builder.Services.AddHealthChecks().AddCheck<SeedCatalogue>("catalogue", tags: ["ready"]);

return await builder.ServeAsync<InventoryDbContext>(args, app =>
{
    app.MapProducts();
    var ops = app.MapOps();
    ops.MapDeadLetters<InventoryDbContext>();
    ops.MapInvariants();
});
