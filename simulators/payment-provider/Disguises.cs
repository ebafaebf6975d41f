using System.Text;

namespace Shop.PaymentProvider;

/// <summary>
/// Answers of proxies, firewalls and broken servers in the provider's place. Such an answer does not tell whether the call got through
/// before.
/// </summary>
sealed class Disguises(FaultInjection faults)
{
    const string Page = "<!DOCTYPE html><html><head><title>Please wait</title></head><body>Checking your browser</body></html>";
    static readonly TimeSpan _drip = TimeSpan.FromSeconds(1);

    static readonly Disguise[] _proxies =
    [
        new(200, "text/html", Page), new(403, "text/html", Page), new(404, "text/html", Page), new(408, "text/plain", ""),
        new(502, "text/html", Page), new(503, "text/html", Page), new(504, "text/html", Page),
        new(302, "text/html", "", "/login"), new(307, "text/html", "", "/v1/charges"),
    ];

    static readonly Disguise[] _strange =
    [
        new(200, "application/json", "{}"), new(200, "application/json", "null"), new(200, "application/json", """{"status":"declined"}"""),
        new(201, "application/json", """{"status":"succeeded"}"""), new(200, "application/json", """[{"status":"failed"}]"""),
    ];

    // Unknown words that replace the status in a true answer.
    static readonly string[] _words = ["pending", "processing", "requires_action", "failed", "canceled"];

    static readonly Disguise[] _broken =
    [
        new(200, "application/json", """{"id":"ch_0","reference":"""), new(200, "application/json", ""),
        new(200, "application/json", "[", Drips: true),
    ];

    public async Task Answer(HttpContext http, RequestDelegate next)
    {
        var now = faults.Current;
        if (faults.Happens(now.StrangeRate))
        {
            await (faults.Pick([true, false]) ? Send(http, next, faults.Pick(_strange)) : Misspell(http, next));
        }
        else if (faults.Happens(now.ProxyRate))
        {
            await Send(http, next, faults.Pick(_proxies));
        }
        else if (faults.Happens(now.BrokenRate))
        {
            await Send(http, next, faults.Pick(_broken));
        }
        else
        {
            await next(http);
        }
    }

    async Task Send(HttpContext http, RequestDelegate next, Disguise disguise)
    {
        if (faults.Pick([true, false]))
        {
            await Capture(http, next);
        }

        http.Response.StatusCode = disguise.Status;
        http.Response.ContentType = disguise.ContentType;
        if (disguise.Location is not null)
        {
            http.Response.Headers.Location = disguise.Location;
        }

        await http.Response.WriteAsync(disguise.Body, http.RequestAborted);
        while (disguise.Drips)
        {
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await Task.Delay(_drip, http.RequestAborted);
            await http.Response.WriteAsync(" ", http.RequestAborted);
        }
    }

    async Task Misspell(HttpContext http, RequestDelegate next)
    {
        var answer = await Capture(http, next);
        var word = faults.Pick(_words);
        foreach (var status in new[] { "succeeded", "declined", "refunded" })
        {
            answer = answer.Replace($"\"status\":\"{status}\"", $"\"status\":\"{word}\"", StringComparison.Ordinal);
        }

        await http.Response.WriteAsync(answer, http.RequestAborted);
    }

    // Lets the call have its effect, and keeps the answer from the caller.
    static async Task<string> Capture(HttpContext http, RequestDelegate next)
    {
        var body = http.Response.Body;
        using var heard = new MemoryStream();
        http.Response.Body = heard;
        try
        {
            await next(http);
        }
        finally
        {
            http.Response.Body = body;
        }

        http.Response.ContentLength = null;
        return Encoding.UTF8.GetString(heard.ToArray());
    }

    sealed record Disguise(int Status, string ContentType, string Body, string? Location = null, bool Drips = false);
}
