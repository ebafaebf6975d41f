using System.Security.Claims;

namespace Shop.Hosting;

/// <summary>The caller, according to the verified token.</summary>
public static class Users
{
    /// <summary>The customer's name: the token's subject.</summary>
    public static string CustomerId(this ClaimsPrincipal user) =>
        user.FindFirstValue("sub") ?? throw new InvalidOperationException("The route is not protected: there is no subject.");

    public static bool IsStaff(this ClaimsPrincipal user) => user.IsInRole(Policies.Staff);
}

/// <summary>Names of authorisation policies, and at the same time of the roles they ask for.</summary>
public static class Policies
{
    /// <summary>Customers, and staff acting for them.</summary>
    public const string Customer = "customer";

    public const string Staff = "staff";
}
