using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Hosting.Tests;

/// <summary>Answers of every service to a body it cannot read.</summary>
public sealed class InputTests : IAsyncLifetime
{
    const string CardNumber = "4111111111111111";

    HostingProcess _process = null!;

    public sealed record Part(string Sku, int Quantity);

    public sealed record Thing(string Name, IReadOnlyList<Part> Parts, DateTimeOffset? At = null);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _process = await HostingProcess.Start(app =>
    {
        app.MapPost("/things", (Thing thing) => TypedResults.Ok(thing));
        app.MapGet("/pages", (int limit) => TypedResults.Ok(limit));
    });

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [Fact]
    public async Task A_good_body_is_read()
    {
        using var answer = await Post("""{"name":"n","parts":[{"sku":"MUG-01","quantity":2}]}""");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"n","parts":[{"sku":"s","quantity":"2"}]}""", "parts[0].quantity", "wrong type")]
    [InlineData("""{"name":"n","parts":[{"sku":"s","quantity":1.5}]}""", "parts[0].quantity", "wrong type or is out of range")]
    [InlineData("""{"name":"n","parts":[{"sku":"s","quantity":1e30}]}""", "parts[0].quantity", "out of range")]
    [InlineData("""{"name":7,"parts":[]}""", "name", "wrong type")]
    [InlineData("""{"name":"n","parts":{}}""", "parts", "wrong type")]
    [InlineData("""{"name":"n","parts":[],"at":"yesterday"}""", "at", "wrong type")]
    [InlineData("""{"name":null,"parts":[]}""", "name", "must not be null")]
    [InlineData("""{"name":"n","parts":[{"sku":null,"quantity":1}]}""", "parts[0].sku", "must not be null")]
    [InlineData("""{"name":"n"}""", "parts", "missing")]
    [InlineData("""{"name":"n","parts":[{"sku":"s","quantity":1},{"sku":"s"}]}""", "parts[1].quantity", "missing")]
    [InlineData("""{"name":"n","parts":[],"color":"red"}""", "color", "no such field")]
    [InlineData("""{"name":"n","name":"m","parts":[]}""", "name", "twice")]
    public async Task A_wrong_field_is_named_with_what_is_wrong(string body, string field, string reason)
    {
        using var answer = await Post(body);

        var problem = await answer.IsProblem(HttpStatusCode.BadRequest);
        var error = Assert.Single(problem.GetProperty("errors").EnumerateObject());
        Assert.Equal(field, error.Name);
        Assert.Contains(reason, Assert.Single(error.Value.EnumerateArray()).GetString());
        Assert.Contains(reason, problem.Detail());
    }

    [Fact]
    public async Task Every_missing_field_is_named()
    {
        using var answer = await Post("{}");

        var problem = await answer.IsProblem(HttpStatusCode.BadRequest);
        Assert.Equal(["name", "parts"], problem.GetProperty("errors").EnumerateObject().Select(error => error.Name));
    }

    [Theory]
    [InlineData("", "needs a JSON body")]
    [InlineData("null", "needs a JSON body")]
    [InlineData("{", "not valid JSON")]
    [InlineData("no JSON", "not valid JSON")]
    [InlineData("[]", "wrong type")]
    [InlineData("\"text\"", "wrong type")]
    [InlineData("""{"name":"n","parts":[],}""", "not valid JSON")]
    [InlineData("""{"name":"n",/* a comment */"parts":[]}""", "not valid JSON")]
    [InlineData("""{"name":"n","parts":[]} more""", "not valid JSON")]
    [InlineData("""{"name":NaN,"parts":[]}""", "not valid JSON")]
    [InlineData("""{"name":'n',"parts":[]}""", "not valid JSON")]
    [InlineData("""{"name":"\ud800","parts":[]}""", "")]
    public async Task A_body_that_is_no_such_object_is_refused(string body, string reason)
    {
        using var answer = await Post(body);

        var problem = await answer.IsProblem(HttpStatusCode.BadRequest);
        Assert.Contains(reason, problem.Detail());
    }

    [Fact]
    public async Task A_body_nested_too_deeply_is_refused()
    {
        using var answer = await Post("""{"name":"n","parts":""" + new string('[', 100) + new string(']', 100) + "}");

        await answer.IsProblem(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        byte[] body = [.. "{\"name\":\""u8, 0xff, 0xfe, .. "\",\"parts\":[]}"u8];
        using var answer = await Send(new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } });

        await answer.IsProblem(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=klingon")]
    [InlineData(null)]
    public async Task A_body_that_does_not_call_itself_JSON_is_refused(string? contentType)
    {
        var content = new ByteArrayContent("{}"u8.ToArray())
        {
            Headers = { ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType) },
        };
        using var answer = await Send(content);

        await answer.IsProblem(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_too_large_is_refused(bool chunked)
    {
        var content = new StringContent(JsonSerializer.Serialize(new { name = new string('x', 64 * 1024), parts = Array.Empty<Part>() }));
        content.Headers.ContentType = new("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, "/things")
        {
            Content = content, Headers = { TransferEncodingChunked = chunked }
        };
        using var answer = await _process.Client.SendAsync(request, Cancellation);

        var problem = await answer.IsProblem(HttpStatusCode.RequestEntityTooLarge);
        Assert.Contains("64 KiB", problem.Detail());
    }

    [Theory]
    [InlineData($$"""{"name":{{CardNumber}},"parts":[]}""")]
    [InlineData($$"""{"name":"n","parts":[{"sku":"s","quantity":{{CardNumber}}}]}""")]
    [InlineData($$"""{"name":"n","parts":"{{CardNumber}}"}""")]
    [InlineData($$"""{"name":"n","parts":[],"{{CardNumber}}":1}""")]
    [InlineData($$"""{"name":"n","parts":[],"card{{CardNumber}}":1}""")]
    [InlineData("""{"name":"n","parts":[],"4111-1111-1111-1111":1}""")]
    [InlineData($$"""{"name":"n","parts":[],"at":"{{CardNumber}}"}""")]
    [InlineData(CardNumber)]
    [InlineData($"x{CardNumber}")]
    public async Task What_may_be_a_card_number_is_neither_repeated_nor_logged(string body)
    {
        using var answer = await Post(body);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain(CardNumber, Digits(await answer.Content.ReadAsStringAsync(Cancellation)));
        Assert.DoesNotContain(_process.Log, line => Digits(line).Contains(CardNumber));
    }

    // The search is for the whole number in any form, because a few digits of it may also occur in a port or a time.
    static string Digits(string text) => string.Concat(text.Where(char.IsAsciiDigit));

    [Fact]
    public async Task A_parameter_of_the_wrong_type_is_named_and_not_repeated()
    {
        using var answer = await _process.Client.GetAsync($"/pages?limit=x{CardNumber}", Cancellation);

        var problem = await answer.IsProblem(HttpStatusCode.BadRequest);
        Assert.Equal("limit", Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
        Assert.DoesNotContain(CardNumber, problem.ToString());
    }

    Task<HttpResponseMessage> Post(string body) => Send(new StringContent(body, Encoding.UTF8, "application/json"));

    Task<HttpResponseMessage> Send(HttpContent content) => _process.Client.PostAsync("/things", content, Cancellation);
}
