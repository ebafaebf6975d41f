using Shop.Contracts.Ordering;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Ordering;
using Shop.Ordering.Data;
using Shop.Ordering.Orders;
using Shop.Ordering.Products;
using Shop.Ordering.Sagas;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("ordering");
builder.AddDatabase<OrderingDbContext>(OrderingDbContext.Schema);
builder.AddValidatedOptions<OrderSagaOptions>(OrderSagaOptions.Section);
builder.AddValidatedOptions<KeptTracesOptions>(KeptTracesOptions.Section);
builder.AddValidatedOptions<AdmissionOptions>(AdmissionOptions.Section);
builder.AddMessaging<OrderingDbContext>(messaging => messaging
    .Endpoint(Queues.Orders, endpoint => endpoint.Saga<OrderSaga, Order>())
    .Endpoint(Queues.Products, endpoint => endpoint.Consumer<ProductChangedConsumer>())
    .Announces<OrderPlaced>()
    .Announces<OrderCancelled>()
    .Rows<Order>()
    .Rows<Product>());
builder.AddInvariants(OrderingDbContext.Schema, OrderInvariants.Rules, OrderInvariants.OldestUnfinished, OrderInvariants.Sagas);
builder.AnswerUnavailable<OverloadedException>();
builder.Services.AddSingleton<OrderMetrics>();
builder.Services.AddHostedService(services => services.GetRequiredService<OrderMetrics>());
builder.Services.AddSingleton<Admission>();
builder.Services.AddHostedService(services => services.GetRequiredService<Admission>());
builder.Services.AddSingleton<OrderFeed>();
builder.Services.AddHostedService(services => services.GetRequiredService<OrderFeed>());
builder.Services.AddHealthChecks().AddCheck<CatalogueHealthCheck>("catalogue-copy", tags: ["ready"]);

return await builder.ServeAsync<OrderingDbContext>(args, app =>
{
    app.MapOrders();
    var ops = app.MapOps();
    ops.MapDeadLetters<OrderingDbContext>();
    ops.MapInvariants();
});
