namespace Shop.Messaging.Tests;

public sealed class FailedMessageTests
{
    // A message that fails again, in any release, is the same dead letter. So its id never changes.
    [Fact]
    public void The_id_of_a_dead_letter_never_changes() =>
        Assert.Equal("sell-stock-afdb18272aeaf0ee", IdOf("""{"orderId":"0198c0de-0000-7000-8000-000000000001"}"""));

    [Fact]
    public void Another_body_under_the_same_message_id_is_another_dead_letter() => Assert.NotEqual(IdOf("{}"), IdOf("{ }"));

    static string IdOf(string body) => new FailedMessage(
        "sell-stock",
        Guid.Parse("0198c0de-0000-4000-8000-000000000002"),
        new Dictionary<string, string>(),
        System.Text.Encoding.UTF8.GetBytes(body),
        Reason: "",
        ExceptionType: "",
        StackTrace: null).Id;
}
