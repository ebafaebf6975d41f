using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using Shop.Ordering.Orders;
using Shop.Support;

namespace Shop.Ordering.Tests.Rules;

public sealed class EventStreamTests : IAsyncDisposable
{
    readonly Channel<SseItem<string>> _events = Channel.CreateUnbounded<SseItem<string>>();
    readonly FakeTimeProvider _clock = new();
    readonly Pipe _body = new();
    readonly CancellationTokenSource _connection = new();
    readonly WebApplication _app = WebApplication.CreateSlimBuilder().Build();

    [Fact]
    public async Task A_stream_that_waits_says_so_at_least_every_15_seconds()
    {
        using var client = new StreamReader(_body.Reader.AsStream());
        var stream = Run();
        await Say("first", "1");
        Assert.Equal(["event: status", "data: \"first\"", "id: 1", ""], await Lines(client, 4));

        for (var silence = 0; silence < 3; silence++)
        {
            Assert.Equal([": still here", ""], await AfterSilence(client));
        }

        await Say("second", "2");
        // The clock may have advanced once more than the stream was read.
        string[] next;
        do
        {
            next = await Lines(client, 2);
        }
        while (next is [": still here", ""]);

        Assert.Equal(["event: status", "data: \"second\"", "id: 2", ""], [.. next, .. await Lines(client, 2)]);
        _events.Writer.Complete();
        await stream.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_stream_without_an_error()
    {
        using var client = new StreamReader(_body.Reader.AsStream());
        var stream = Run();
        await Say("first", "1");
        await Lines(client, 4);

        await _connection.CancelAsync();

        await stream.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _app.DisposeAsync();
    }

    Task Run()
    {
        var http = new DefaultHttpContext { RequestServices = _app.Services, RequestAborted = _connection.Token };
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_body.Writer.AsStream()));
        return new EventStream<string>(_events.Reader.ReadAllAsync(_connection.Token), _clock).ExecuteAsync(http);
    }

    ValueTask Say(string text, string id) => _events.Writer.WriteAsync(new(text, "status") { EventId = id });

    // The clock advances until the stream has noticed it, because the stream may not have begun to wait yet.
    async Task<string[]> AfterSilence(StreamReader client)
    {
        var lines = Lines(client, 2);
        await Wait.Until(
            () =>
            {
                _clock.Advance(EventStream<string>.SilenceMax);
                return lines.IsCompleted;
            },
            "a comment line");
        return await lines;
    }

    static async Task<string[]> Lines(StreamReader client, int count)
    {
        var lines = new string[count];
        for (var index = 0; index < count; index++)
        {
            lines[index] = await client.ReadLineAsync(TestContext.Current.CancellationToken) ?? "(end)";
        }

        return lines;
    }
}
