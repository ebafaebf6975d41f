using System.Reflection;
using System.Text.Json;
using Shop.Contracts.Inventory;
using Shop.Contracts.Ordering;

namespace Shop.Contracts.Tests;

/// <summary>
/// Messages outlive the code that sent them, in outboxes, queues and dead letters. The samples are bodies as they were once sent, and every
/// release must read each of them. A new message adds a sample, and a changed one adds another. A sample is never edited.
/// </summary>
public sealed class SampleTests
{
    // The options of shared/Messaging are strict, so that a lost field is a fault.
    static readonly JsonSerializerOptions _wire = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    static IReadOnlyList<Type> Messages { get; } =
        [.. typeof(ReserveStock).Assembly.GetTypes()
            .Where(type => type.IsPublic && type != typeof(StockLine) && type != typeof(PlacedLine))];

    public static TheoryData<string> Samples { get; } =
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Samples")).Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_body_that_was_once_sent_is_still_read(string file)
    {
        var json = await File.ReadAllTextAsync(
            Path.Combine(AppContext.BaseDirectory, "Samples", file), TestContext.Current.CancellationToken);
        var type = Messages.Single(type => file.StartsWith($"{Owner(type)}.{type.Name}.", StringComparison.Ordinal));

        var message = JsonSerializer.Deserialize(json, type, _wire);

        // Reading keeps every field.
        using var sent = JsonDocument.Parse(json);
        using var read = JsonSerializer.SerializeToDocument(message, type, _wire);
        foreach (var field in sent.RootElement.EnumerateObject())
        {
            Assert.True(
                JsonElement.DeepEquals(field.Value, read.RootElement.GetProperty(field.Name)), $"{type.Name}.{field.Name} was lost.");
        }
    }

    [Fact]
    public void Every_message_has_a_sample()
    {
        var without = Messages.Where(type => !Samples.Any(sample =>
            sample.Data.StartsWith($"{Owner(type)}.{type.Name}.", StringComparison.Ordinal)));

        Assert.Empty(without.Select(type => type.Name));
    }

    [Fact]
    public void A_message_without_one_of_its_fields_is_refused()
    {
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ReserveStock>("{}", _wire));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<StockRejected>(
            """{"orderId":"0198c0de-0000-7000-8000-000000000001","missingSkus":null}""", _wire));
    }

    [Fact]
    public void Fields_that_a_newer_sender_adds_are_ignored()
    {
        var message = JsonSerializer.Deserialize<StockReserved>(
            """{"orderId":"0198c0de-0000-7000-8000-000000000001","warehouse":"north"}""", _wire);

        Assert.Equal(Guid.Parse("0198c0de-0000-7000-8000-000000000001"), message!.OrderId);
    }

    [Fact]
    public void A_field_that_an_older_sender_did_not_know_has_its_default() => Assert.Equal(
        0, JsonSerializer.Deserialize<OrderConfirmed>("""{"orderId":"0198c0de-0000-7000-8000-000000000001"}""", _wire)!.Version);

    [Fact]
    public void The_full_name_of_a_message_is_its_name_on_the_wire_and_shows_its_owner() =>
        Assert.All(Messages, type => Assert.Matches(@"^Shop\.Contracts\.(Ordering|Inventory|Payment)$", type.Namespace!));

    [Fact]
    public void Messages_are_sealed_records_about_an_order_or_a_product() => Assert.All(Messages, type =>
    {
        Assert.True(type.IsSealed);
        Assert.NotNull(type.GetMethod("<Clone>$", BindingFlags.Public | BindingFlags.Instance));
        Assert.Contains(type.GetConstructors().Single().GetParameters()[0].Name, new[] { "OrderId", "Sku" });
    });

    static string Owner(Type type) => type.Namespace!.Split('.')[^1];
}
