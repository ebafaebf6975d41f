using Shop.Hosting;

namespace Shop.Payment.Payments;

static class PaymentEndpoints
{
    public static void MapPayments(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/payments").WithTags("Payments").RequireAuthorization(Policies.Customer)
            .MapGet("/{orderId}", GetPayment.Handle);
}
