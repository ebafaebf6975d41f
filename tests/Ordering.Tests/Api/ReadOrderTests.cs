using System.Text.Json;

namespace Shop.Ordering.Tests.Api;

/// <summary>GET /orders/{id}, its timeline and its events; conditional requests.</summary>
[Collection<OneReplica>]
public sealed class ReadOrderTests(Replica replica)
{
    readonly string _customer = replica.NewCustomer();

    [Fact]
    public async Task An_order_that_has_not_changed_is_not_sent_again_and_one_that_has_is()
    {
        var order = await replica.PlaceOrder(_customer);
        var first = await replica.Get($"/orders/{order}", _customer);
        var known = ("If-None-Match", first.Headers["ETag"]);

        Assert.Equal($"\"{first.Json.GetProperty("version").GetInt32()}\"", first.Headers["ETag"]);
        var unchanged = await replica.Get($"/orders/{order}", _customer, known);
        Assert.Equal((304, ""), (unchanged.Status, unchanged.Body));

        Assert.Equal(202, (await replica.Cancel(order, _customer)).Status);
        await replica.Ordering.Is(order, "Cancelling");
        var changed = await replica.Get($"/orders/{order}", _customer, known);
        Assert.Equal(200, changed.Status);
        Assert.NotEqual(first.Headers["ETag"], changed.Headers["ETag"]);
    }

    [Theory]
    [InlineData("*", 304)]
    [InlineData("W/\"{0}\"", 304)]
    [InlineData("\"other\", \"{0}\"", 304)]
    [InlineData("\"other\"", 200)]
    [InlineData("{0}", 200)]
    public async Task A_version_is_known_by_any_form_of_its_tag(string known, int status)
    {
        var order = await replica.Confirmed(_customer);
        var version = (await replica.Get($"/orders/{order}", _customer)).Json.GetProperty("version").GetInt32();

        var answer = await replica.Get(
            $"/orders/{order}", _customer, ("If-None-Match", known.Replace("{0}", $"{version}", StringComparison.Ordinal)));

        Assert.Equal((status, $"\"{version}\""), (answer.Status, answer.Headers["ETag"]));
    }

    [Fact]
    public async Task The_timeline_tells_each_step()
    {
        var order = await replica.Confirmed(_customer);

        var steps = (await replica.Get($"/orders/{order}/timeline", _customer)).Json.GetProperty("steps").EnumerateArray().ToArray();

        Assert.Equal(["Placed", "StockReserved", "Confirmed"], steps.Select(step => step.GetProperty("status").GetString()));
        Assert.Equal([1, 2, 3], steps.Select(step => step.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task Events_tell_each_step_and_go_on_after_the_last_one_seen()
    {
        var order = await replica.Confirmed(_customer);

        var all = await replica.Get($"/orders/{order}/events", _customer);
        var rest = await replica.Get($"/orders/{order}/events", _customer, ("Last-Event-ID", "2"));

        Assert.Equal("text/event-stream", all.MediaType);
        Assert.Equal(["Placed", "StockReserved", "Confirmed"], Statuses(all.Body));
        Assert.Equal(["Confirmed"], Statuses(rest.Body));
    }

    [Fact]
    public async Task Who_waits_for_events_hears_of_each_step_as_it_happens()
    {
        var order = await replica.Reserved(_customer);
        var events = replica.Get($"/orders/{order}/events", _customer);

        Assert.Equal(202, (await replica.Cancel(order, _customer)).Status);
        await replica.Ordering.Is(order, "Cancelling");
        Assert.False(events.IsCompleted);
        await replica.Undo(order);

        Assert.Equal("Cancelled", Statuses((await events).Body).Last());
    }

    [Fact]
    public async Task Who_has_seen_the_end_is_told_not_to_come_back()
    {
        var order = await replica.Confirmed(_customer);

        var again = await replica.Get($"/orders/{order}/events", _customer, ("Last-Event-ID", "3"));

        Assert.Equal(204, again.Status);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("first")]
    public async Task An_event_id_that_none_has_is_refused(string id)
    {
        var order = await replica.PlaceOrder(_customer);

        (await replica.Get($"/orders/{order}/events", _customer, ("Last-Event-ID", id))).MustBeProblem(400, "Last-Event-ID");
    }

    [Fact]
    public async Task HEAD_answers_as_GET_does_without_a_body()
    {
        var order = $"/orders/{await replica.Confirmed(_customer)}";

        foreach (var path in new[] { order, $"{order}/timeline", $"{order}/events", "/orders", "/openapi/v1.json" })
        {
            var (head, get) = (await replica.Send(HttpMethod.Head, path, _customer), await replica.Get(path, _customer));
            Assert.Equal((200, get.MediaType, ""), (head.Status, head.MediaType, head.Body));
        }
    }

    [Theory]
    [InlineData("/orders/not-a-guid", 400, "id")]
    [InlineData("/orders/not-a-guid/timeline", 400, "id")]
    [InlineData("/orders/not-a-guid/events", 400, "id")]
    [InlineData("/orders/00000000-0000-0000-0000-000000000000", 404, null)]
    [InlineData("/orders/00000000-0000-0000-0000-000000000000/timeline", 404, null)]
    [InlineData("/orders/00000000-0000-0000-0000-000000000000/events", 404, null)]
    [InlineData("/no-such-route", 404, null)]
    public async Task A_bad_address_is_answered_with_what_is_wrong_with_it(string path, int status, string? field) =>
        (await replica.Get(path, _customer)).MustBeProblem(status, field);

    static IEnumerable<string> Statuses(string events) => events.Split('\n')
        .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
        .Select(line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("status").GetString()!);
}
