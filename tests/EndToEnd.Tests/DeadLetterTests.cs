using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Shop.Support;

namespace Shop.EndToEnd.Tests;

/// <summary>
/// A message that cannot be handled becomes a dead letter with its reason and blocks no other message. No user can forge one.
/// </summary>
public sealed class DeadLetterTests(ShopSystem shop)
{
    [Theory]
    [InlineData("{ this is not json", "StockReserved")]
    [InlineData("{}", "StockReserved")]
    [InlineData("""{"orderId":"not-a-guid"}""", "StockReserved")]
    [InlineData("""{"orderId":"00000000-0000-0000-0000-000000000001"}""", "StockReserved")]
    [InlineData("""{"orderId":null}""", "PaymentTaken")]
    public async Task A_broken_message_is_put_aside_with_its_reason_and_can_be_replayed_and_discarded_while_orders_go_on(
        string body, string type)
    {
        var owner = type.StartsWith("Stock", StringComparison.Ordinal) ? "Inventory" : "Payment";
        await using var connection = await Connect(owner.ToLowerInvariant());
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true), TestContext.Current.CancellationToken);
        var exchange = $"Shop.Contracts.{owner}:{type}";
        var messageId = Guid.NewGuid();
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Headers = new Dictionary<string, object?>
            {
                ["MT-MessageType"] = $"urn:message:{exchange}",
                ["MessageId"] = messageId.ToString(),
            },
        };

        await channel.BasicPublishAsync(
            exchange, "", true, properties, Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);

        var token = shop.Token();
        var order = await shop.End((await shop.Place(token)).OrderId, token);
        Assert.Equal("Confirmed", order.GetProperty("status").GetString());
        var letter = await Waiting(messageId, failures: 1);
        Assert.NotEmpty(letter.GetProperty("reason").GetString()!);
        Assert.Contains(type, letter.GetProperty("messageType").GetString());
        var id = letter.GetProperty("id").GetString();
        Assert.Equal(body, (await Ops(HttpMethod.Get, $"/{id}", 200)).Json.GetProperty("body").GetString());

        var key = Guid.NewGuid().ToString();
        var replayed = await Ops(HttpMethod.Post, $"/{id}/replay", 202, key);
        var again = await Waiting(messageId, failures: 2);
        Assert.Equal(replayed.Body, (await Ops(HttpMethod.Post, $"/{id}/replay", 202, key)).Body);
        Assert.Equal("Waiting", (await Ops(HttpMethod.Get, $"/{id}", 200)).Json.GetProperty("letter").GetProperty("status").GetString());
        Assert.Equal(id, again.GetProperty("id").GetString());
        Assert.Equal("sam", again.GetProperty("decidedBy").GetString());

        var discarded = (await Ops(HttpMethod.Delete, $"/{id}", 200)).Json;
        Assert.Equal("Discarded", discarded.GetProperty("status").GetString());
        Assert.Equal("sam", discarded.GetProperty("decidedBy").GetString());
        (await Ops(HttpMethod.Post, $"/{id}/replay", 409)).MustBeProblem(409);
    }

    [Theory]
    [InlineData("?status=gone", "status")]
    [InlineData("?status=1", "status")]
    [InlineData("?limit=0", "limit")]
    public async Task A_list_that_cannot_be_meant_is_refused(string query, string field) =>
        (await Ops(HttpMethod.Get, query, 400)).MustBeProblem(400, field);

    [Theory]
    [InlineData("ordering-orders-0123456789abcdef")]
    [InlineData("ordering-%25%20%27")]
    [InlineData("nobody-0123456789abcdef")]
    public async Task A_dead_letter_that_does_not_exist_is_not_found(string id)
    {
        (await Ops(HttpMethod.Get, $"/{id}", 404)).MustBeProblem(404);
        (await Ops(HttpMethod.Post, $"/{id}/replay", 404)).MustBeProblem(404);
        (await Ops(HttpMethod.Delete, $"/{id}", 404)).MustBeProblem(404);
    }

    [Theory]
    [InlineData("inventory", "Shop.Contracts.Payment:PaymentTaken")]
    [InlineData("payment", "Shop.Contracts.Inventory:ReserveStock")]
    [InlineData("inventory", "Shop.Contracts.Ordering:OrderConfirmed")]
    public async Task A_service_cannot_send_in_anothers_name(string service, string exchange)
    {
        await using var connection = await Connect(service);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true), TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() =>
            channel.BasicPublishAsync(exchange, "", true, new BasicProperties(), "{}"u8.ToArray(), TestContext.Current.CancellationToken)
                .AsTask());

        var reason = (refused as OperationInterruptedException)?.ShutdownReason ?? channel.CloseReason;
        Assert.Equal(403, reason!.ReplyCode);
    }

    async Task<JsonElement> Waiting(Guid messageId, int failures)
    {
        var found = default(JsonElement);
        await ShopSystem.Until(
            async () =>
            {
                var list = (await Ops(HttpMethod.Get, "", 200)).Json;
                Assert.Empty(list.GetProperty("unavailable").EnumerateArray());
                found = list.GetProperty("deadLetters").EnumerateArray().SingleOrDefault(letter =>
                    letter.GetProperty("messageId").GetString() == messageId.ToString()
                    && letter.GetProperty("failures").GetInt32() == failures);
                return found.ValueKind == JsonValueKind.Object;
            },
            30,
            () => $"the dead letter of message {messageId}");
        return found;
    }

    async Task<Answer> Ops(HttpMethod method, string path, int status, string? key = null)
    {
        var answer = await shop.Send(
            method,
            $"/ops/dead-letters{path}",
            shop.Token("sam", "staff"),
            method == HttpMethod.Post ? "" : null,
            key is null ? [] : [("Idempotency-Key", key)]);
        Assert.True(answer.Status == status, $"Expected {status}, got {answer.Status}: {answer.Body}");
        return answer;
    }

    Task<IConnection> Connect(string service) => shop.ConnectAs(service);
}
