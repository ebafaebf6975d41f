using System.Text;
using RabbitMQ.Client;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>Every message that the broker accepts has its effect or becomes a dead letter, and none stops the endpoint.</summary>
public sealed class AnyBytesTests(TestServers servers)
{
    const int Seed = 20_261_126;
    const int Count = 120;

    // The frames of headers must fit into one frame of the connection, which is 128 KiB.
    const int HeaderBytesMax = 100_000;
    const int BodyBytesMax = 20_000_000;

    static readonly string[] _names =
    [
        "MT-MessageType", "MT-Message-Type", "MessageId", "MT-MessageId", "ConversationId", "CorrelationId", "InitiatorId", "RequestId",
        "SourceAddress", "ResponseAddress",
        "FaultAddress", "MT-Activity-Id", "traceparent", "tracestate", "baggage", "MT-Redelivery-Count", "MT-Scheduling-TokenId",
        "Content-Type",
        "MT-Host-Info", "MT-Fault-Message", "MT-Reason", "x-death", "x-delay", "shop-attempts", "", "\0", "\u202e", "a b;c=\"d\"",
        new string('n', 200),
    ];

    [Fact]
    public async Task Any_bytes_in_any_header_property_or_body_end_as_a_dead_letter_or_take_effect()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var random = new Random(Seed);
        for (var number = 0; number < Count; number++)
        {
            var well = RawBroker.Message(new Deposit(Guid.NewGuid(), bank.AccountId, 1));
            await bank.Broker.Send(Replica.Accounts, Properties(random, well), random.Next(3) == 0 ? well.Body : Bytes(random, 2_000));
        }

        foreach (var size in new[] { 0, 1, BodyBytesMax })
        {
            var well = RawBroker.Message(new Deposit(Guid.NewGuid(), bank.AccountId, 1));
            await bank.Broker.Send(
                Replica.Accounts,
                new() { MessageId = well.MessageId, Headers = new Dictionary<string, object?> { ["MT-MessageType"] = well.Type } },
                new byte[size]);
        }

        var neighbours = BankScenario.NewIds(5);
        await bank.SendAll(Replica.Accounts, neighbours.Select(id => RawBroker.Message(new Deposit(id, bank.AccountId, 1))));
        await bank.Handled("deposit", neighbours);

        await Wait.Until(
            async () => await Waiting(replica) + await bank.Sql.Balance(bank.AccountId),
            ended => ended == Count + 3 + neighbours.Count,
            "every message ended");
        var letters = await replica.DeadLetters.List(null, 200, TestContext.Current.CancellationToken);
        foreach (var letter in letters.DeadLetters)
        {
            Assert.NotNull(await replica.DeadLetters.Find(letter.Id, TestContext.Current.CancellationToken));
        }
    }

    static async Task<decimal> Waiting(Replica replica) => await replica.DeadLetters.CountWaiting(TestContext.Current.CancellationToken);

    static BasicProperties Properties(Random random, RawMessage well)
    {
        var headers = new Dictionary<string, object?> { ["MT-MessageType"] = well.Type };
        for (var header = random.Next(4); header >= 0; header--)
        {
            headers[_names[random.Next(_names.Length)]] = Value(random, depth: 0);
        }

        var properties = new BasicProperties { MessageId = well.MessageId, Headers = headers, DeliveryMode = DeliveryModes.Persistent };
        switch (random.Next(8))
        {
            case 0:
                properties.MessageId = Text(random, 100);
                break;
            case 1:
                properties.ContentType = Text(random, 100);
                break;
            case 2:
                properties.ContentEncoding = Text(random, 100);
                break;
            case 3:
                properties.CorrelationId = Text(random, 100);
                break;
            case 4:
                (properties.ReplyTo, properties.Type, properties.AppId) = (Text(random, 100), Text(random, 100), Text(random, 100));
                break;
            case 5:
                properties.Timestamp = new(random.NextInt64());
                break;
            case 6:
                (properties.ContentType, properties.Priority) = ("application/vnd.masstransit+json", 9);
                break;
            default:
                break;
        }

        return properties;
    }

    static object? Value(Random random, int depth) => random.Next(depth < 2 ? 13 : 11) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.Next(),
        3 => random.NextInt64(),
        4 => random.NextDouble() * 1e300,
        5 => -0.5f,
        6 => new AmqpTimestamp(random.NextInt64()),
        7 => (decimal)random.Next(),
        8 => Bytes(random, 300),
        9 => Text(random, 300),
        10 => random.Next(10) == 0 ? Bytes(random, HeaderBytesMax) : Guid.NewGuid().ToString(),
        11 => new List<object?> { Value(random, depth + 1), Value(random, depth + 1) },
        _ => new Dictionary<string, object?> { [Text(random, 20)] = Value(random, depth + 1) },
    };

    static byte[] Bytes(Random random, int max)
    {
        var bytes = new byte[random.Next(max)];
        random.NextBytes(bytes);
        return bytes;
    }

    // Any UTF-8, also a NUL, a line end, and a mark that changes the direction of writing.
    static string Text(Random random, int max)
    {
        var text = new StringBuilder();
        for (var length = random.Next(max / 4); length > 0; length--)
        {
            text.Append((char)(random.Next(4) == 0 ? random.Next(32) : random.Next(0x20, 0xd7ff)));
        }

        while (Encoding.UTF8.GetByteCount(text.ToString()) > max)
        {
            text.Length--;
        }

        return text.ToString();
    }
}
