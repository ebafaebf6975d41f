using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Shop.Gateway.Tests;

/// <summary>
/// Requests whose end two servers might see in different places. A smuggled request may follow one of them. The gateway refuses it, and
/// answers nothing behind it.
/// </summary>
public sealed partial class FramingTests
{
    static readonly string _smuggled =
        $"GET /orders/00000000-0000-0000-0000-000000000001 HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {Tokens.Customer()}\r\n\r\n";
    const string Chunk = "5\r\nhello\r\n0\r\n\r\n";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Odd =>
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunk,
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + Chunk,
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "Content-Length: 5, 5\r\n\r\nhello",
        "Content-Length: -1\r\n\r\nhello",
        "Content-Length: 0x5\r\n\r\nhello",
        "Content-Length: 99999999999999999999\r\n\r\nhello",
        "Content-Length : 5\r\n\r\nhello",
        " Content-Length: 5\r\n\r\nhello",
        "X: a\r\n Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: identity\r\n\r\n" + Chunk,
        "Transfer-Encoding: xchunked\r\n\r\n" + Chunk,
        "Transfer-Encoding: chunked, identity\r\n\r\n" + Chunk,
        "Transfer-Encoding: chunked, chunked\r\n\r\n" + Chunk,
        "Transfer-Encoding: gzip, chunked\r\n\r\n" + Chunk,
        "Transfer-Encoding: \"chunked\"\r\n\r\n" + Chunk,
        "Transfer-Encoding:\u000bchunked\r\n\r\n" + Chunk,
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunk,
        "Transfer-Encoding\0: chunked\r\n\r\n" + Chunk,
        "Transfer-Encoding: chunked\r\n\r\n5x\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff5\r\nhello\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5;\nx\r\nhello\r\n0\r\n\r\n",
        "X: a\rContent-Length: 5\r\n\r\nhello",
        "X: a\0b\r\nContent-Length: 5\r\n\r\nhello",
        "Host: other\r\nContent-Length: 5\r\n\r\nhello",
    ];

    [Theory]
    [MemberData(nameof(Odd))]
    public async Task What_may_end_in_two_places_is_refused_and_nothing_behind_it_is_answered(string rest)
    {
        await using var shop = await GatewayScenario.Start();

        var known = await Send(
            shop, $"POST /orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {Tokens.Customer()}\r\n{rest}{_smuggled}");
        var unknown = await Send(shop, $"POST /orders HTTP/1.1\r\nHost: shop\r\n{rest}{_smuggled}");

        Assert.Matches("^HTTP/1.1 400 ", known);
        Assert.Matches("^HTTP/1.1 (400|401) ", unknown);
        Assert.All([known, unknown], answers => Assert.Single(StatusLine().Matches(answers)));
        Assert.All(shop.OrderingRequests, request => Assert.StartsWith("POST", request.Method, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("POST /orders HTTP/1.0\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunk)]
    [InlineData("POST /orders HTTP/1.0\r\nHost: shop\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunk)]
    [InlineData("POST /orders HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST  /orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST /orders HTTP/1.1 \r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST /or\0ders HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("POST http://elsewhere/orders HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task An_odd_first_line_is_refused_too(string request)
    {
        await using var shop = await GatewayScenario.Start();

        var answers = await Send(shop, request + _smuggled);

        Assert.Matches("^HTTP/1.1 400 ", answers);
        Assert.Single(StatusLine().Matches(answers));
        Assert.Empty(shop.OrderingRequests);
    }

    // Everything the gateway sends until it closes the connection.
    static async Task<string> Send(GatewayScenario shop, string text)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(shop.Address.Host, shop.Address.Port, Cancellation);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        var answers = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer, limit.Token)) > 0;)
            {
                answers.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Unread bytes turn the end of the connection into a reset.
        }

        return answers.ToString();
    }

    [GeneratedRegex("^HTTP/1.1 [0-9]{3} ", RegexOptions.Multiline)]
    private static partial Regex StatusLine();
}
