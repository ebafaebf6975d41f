using Shop.Hosting;

namespace Shop.Payment.Payments;

static class PaymentEndpoints
{
    public static void MapPayments(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/payments").WithTags("Payments").RequireAuthorization(Policies.Customer)
            .MapGet("/{orderId}", GetPayment.Handle)
            .WithSummary("Look at the payment of an order")
            .WithDescription("The payment's status, the amount charged and the amount refunded. For the order's customer and for staff.");
}
