using Microsoft.AspNetCore.Http.Features;

namespace Shop.Gateway;

/// <summary>Refuses a body that announces itself as too large before a service hears of it.</summary>
static class BodySize
{
    public static Task Check(HttpContext http, RequestDelegate next)
    {
        var limit = http.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize;
        return http.Request.ContentLength > limit
            ? throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge)
            : next(http);
    }
}
