using Shop.Hosting;
using Shop.Messaging;
using Shop.Payment;
using Shop.Payment.CardNetwork;
using Shop.Payment.Data;
using Shop.Payment.Payments;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("payment");
builder.AddDatabase<PaymentDbContext>(PaymentDbContext.Schema);
builder.AddValidatedOptions<PaymentOptions>(PaymentOptions.Section);
builder.AddCardNetwork();
builder.AddMessaging<PaymentDbContext>(messaging => messaging
    .Endpoint(Endpoints.Payments, endpoint => endpoint
        .Consumer<TakePaymentConsumer>()
        .Consumer<RefundPaymentConsumer>())
    .Preload<PaymentPreload>());
builder.AddInvariants(PaymentDbContext.Schema, PaymentInvariants.Rules, PaymentInvariants.Unsettled);
builder.AnswerUnavailable<OverloadedException>();
builder.Services.AddSingleton<PaymentLeases>();
builder.Services.AddSingleton<PaymentWorker>();
builder.Services.AddHostedService(services => services.GetRequiredService<PaymentWorker>());

return await builder.ServeAsync<PaymentDbContext>(args, app =>
{
    app.MapPayments();
    var ops = app.MapOps();
    ops.MapDeadLetters<PaymentDbContext>();
    ops.MapInvariants();
});
