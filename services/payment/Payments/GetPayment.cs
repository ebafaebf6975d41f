using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Shop.Hosting;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>GET /payments/{orderId}, for the order's customer and for staff.</summary>
static class GetPayment
{
    public sealed record Response(Guid OrderId, string Status, Money Amount, Money Refunded, string? DeclineCode);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        string orderId, ClaimsPrincipal user, PaymentDbContext db, CancellationToken cancellation)
    {
        if (!Guid.TryParse(orderId, out var id))
        {
            return Problem.Invalid("orderId", "An order id is a UUID.");
        }

        var payment = await db.Payments.AsNoTracking()
            .FirstOrDefaultAsync(payment => payment.OrderId == id, cancellation);
        return payment is not null && (payment.CustomerId == user.CustomerId() || user.IsStaff())
            ? TypedResults.Ok(View(payment))
            : Problem.NotFound("There is no payment for this order.");
    }

    static Response View(PaymentIntent payment) => new(
        payment.OrderId,
        payment.State.ToString(),
        Money.Euro(payment.Amount),
        Money.Euro(payment.RefundedAmount),
        payment.DeclineCode);
}
