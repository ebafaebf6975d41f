using System.Net;

namespace Shop.Hosting;

/// <summary>
/// The argument <c>health</c>: asks the process that serves in the same container whether it is ready, and ends with 0 if it is.
/// So an image needs neither a shell nor an HTTP client for its health check.
/// </summary>
public static class SelfCheck
{
    const string Mode = "health";
    const int UsualPort = 8080;
    static readonly TimeSpan _timeLimit = TimeSpan.FromSeconds(4);

    public static bool IsAsked(string[] args) => args is [Mode];

    /// <returns>The process's exit code.</returns>
    public static async Task<int> Run()
    {
        var address = AddressOf(
            Environment.GetEnvironmentVariable("ASPNETCORE_URLS"), Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS"));
        // Docker hands its user's proxy to every container.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = _timeLimit };
        try
        {
            using var answer = await http.GetAsync(new Uri(address, "/health/ready"));
            // The answer names what is missing.
            await Console.Out.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            await Console.Out.WriteLineAsync($"{address} does not answer: {error.Message}");
            return 1;
        }
    }

    /// <summary>Where a process with these settings listens, as seen from beside it.</summary>
    internal static Uri AddressOf(string? urls, string? ports)
    {
        var url = urls?.Split(';').FirstOrDefault(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase));
        var port = url is not null ? Microsoft.AspNetCore.Http.BindingAddress.Parse(url.Trim()).Port
            : int.TryParse(ports?.Split(';')[0], out var first) ? first
            : UsualPort;
        return new($"http://127.0.0.1:{port}");
    }
}
