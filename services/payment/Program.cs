using Shop.Hosting;
using Shop.Messaging;
using Shop.Payment;
using Shop.Payment.Provider;
using Shop.Payment.Data;
using Shop.Payment.Payments;

if (SelfCheck.IsAsked(args))
{
    return await SelfCheck.Run();
}

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults("payment");
builder.AddDatabase<PaymentDbContext>(PaymentDbContext.Schema);
builder.AddPaymentProvider();
builder.AddMessaging<PaymentDbContext>(messaging => messaging
    .Endpoint(Queues.Payments, endpoint => endpoint
        .Consumer<TakePaymentConsumer>()
        .Consumer<RefundPaymentConsumer>())
    .Rows<PaymentIntent>());
builder.AddInvariants(PaymentDbContext.Schema, PaymentInvariants.Rules, PaymentInvariants.Unsettled, PaymentInvariants.Differences);
builder.AnswerUnavailable<OverloadedException>();
builder.AddPayments();

return await builder.ServeAsync<PaymentDbContext>(args, app =>
{
    app.MapPayments();
    var ops = app.MapOps();
    ops.MapDeadLetters<PaymentDbContext>();
    ops.MapInvariants();
});
