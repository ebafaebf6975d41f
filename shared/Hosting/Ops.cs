using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Shop.Hosting;

/// <summary>The routes for operators.</summary>
public static class Ops
{
    /// <summary>Everything below /ops, for staff only.</summary>
    public static RouteGroupBuilder MapOps(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/ops").WithTags("Operations").RequireAuthorization(Policies.Staff);
}
