using System.Net;
using System.Text;
using System.Web;
using Shop.Cli.Traces;
using Shop.Launcher;
using Shop.Launcher.Client.Traces;
using Shop.Support;

namespace Shop.Cli.Tests;

/// <summary>
/// ./shop trace reads a Jaeger of the user's own as well: with the fields that only Jaeger has, and with null where it
/// says null.
/// </summary>
public sealed class TraceApiTests : IDisposable
{
    const string Order = "0198c0de-0000-7000-8000-000000000001";

    const string Found =
        $$$"""
        {"data":[{"traceID":"a1","spans":[
          {"traceID":"a1","spanID":"02","flags":1,"operationName":"publish Inventory:ReserveStock","references":[{"refType":"CHILD_OF","traceID":"a1","spanID":"01"}],
           "startTime":1700000000000010,"duration":40,"tags":[{"key":"span.kind","type":"string","value":"producer"},{"key":"shop.order.id","type":"string","value":"{{{Order}}}"},{"key":"n","type":"int64","value":7}],
           "logs":[{"timestamp":1700000000000012,"fields":[{"key":"event","type":"string","value":"x"}]}],"processID":"p1","process":null,"warnings":null},
          {"traceID":"a1","spanID":"03","flags":1,"operationName":"POST","references":[{"refType":"CHILD_OF","traceID":"a1","spanID":"02"},{"refType":"FOLLOWS_FROM","traceID":"b2","spanID":"09"}],
           "startTime":1700000000000020,"duration":10,"tags":[{"key":"error","type":"bool","value":true},{"key":"otel.status_code","type":"string","value":"ERROR"},
           {"key":"span.kind","type":"string","value":"client"},{"key":"url.full","type":"string","value":"http://bank:5104/v1/charges?x=1"},{"key":"http.response.status_code","type":"int64","value":503}],
           "logs":[],"processID":"p2","warnings":["clock skew adjustment disabled"]}],
          "processes":{"p1":{"serviceName":"ordering","tags":[{"key":"host.name","type":"string","value":"h"}]},"p2":{"serviceName":"payment","tags":[]}},"warnings":null}],
         "total":0,"limit":0,"offset":0,"errors":null}
        """;

    readonly HttpListener _jaeger = new();
    readonly Uri _address = new($"http://127.0.0.1:{FreePorts.Take(1)[0]}/");
    readonly List<Uri> _asked = [];
    (int Status, string Body) _answer = (200, Found);

    public TraceApiTests()
    {
        _jaeger.Prefixes.Add(_address.ToString());
        _jaeger.Start();
        _ = Serve();
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _jaeger.Close();

    [Fact]
    public async Task A_trace_is_asked_for_as_Jaeger_wants_it_and_read_as_Jaeger_tells_it()
    {
        var trace = await new TraceApi(_address).OfOrder(Guid.Parse(Order), Cancellation);

        var query = HttpUtility.ParseQueryString(_asked[0].Query);
        Assert.Equal(
            ("/api/traces", "ordering", $$"""{"shop.order.id":"{{Order}}"}"""), (_asked[0].AbsolutePath, query["service"], query["tags"]));
        var failed = trace.Spans[1];
        Assert.Equal(("POST /v1/charges", "503", "02", "client"), (failed.Label, failed.Failure, failed.Parent, failed.Kind));
        Assert.Equal(["ordering", "payment"], Waterfall.Of(trace).Rows.Select(row => row.Service));
    }

    [Fact]
    public async Task A_trace_of_another_order_is_not_taken_for_it()
    {
        var error = await Assert.ThrowsAsync<UserError>(() => new TraceApi(_address).OfOrder(Guid.NewGuid(), Cancellation));

        Assert.StartsWith("There is no trace of order", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, """{"data":null,"total":0,"limit":0,"offset":0,"errors":null}""", "There is no trace of order")]
    [InlineData(200, "<html>", "No trace viewer answers at")]
    [InlineData(500, """{"data":null,"errors":[{"code":500,"msg":"storage"}]}""", "No trace viewer answers at")]
    public async Task What_is_no_answer_is_said_in_words(int status, string body, string expected)
    {
        _answer = (status, body);

        var error = await Assert.ThrowsAsync<UserError>(() => new TraceApi(_address).OfOrder(Guid.NewGuid(), Cancellation));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    async Task Serve()
    {
        while (_jaeger.IsListening)
        {
            var context = await _jaeger.GetContextAsync();
            _asked.Add(context.Request.Url!);
            context.Response.StatusCode = _answer.Status;
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(_answer.Body));
            context.Response.Close();
        }
    }
}
