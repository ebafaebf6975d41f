using System.Net;
using System.Text;
using Shop.Payment.Provider;

namespace Shop.Payment.Tests.Rules;

/// <summary>The meaning of every answer of the payment provider. An unknown answer has no meaning.</summary>
public sealed class MeaningsTests
{
    const string Page = "<!DOCTYPE html><html><body>Please wait</body></html>";
    static readonly WantedCharge _wanted = new("key-1", 25m, "order-1", "alice");

    [Theory]
    [InlineData(201, "succeeded", "0.00", "Succeeded")]
    [InlineData(200, "succeeded", "0.00", "Succeeded")]
    [InlineData(200, "succeeded", "10.00", "Succeeded")]
    [InlineData(200, "refunded", "25.00", "Succeeded")]
    [InlineData(201, "declined", "0.00", "Declined")]
    [InlineData(202, "succeeded", "0.00", "Unknown")]
    [InlineData(402, "declined", "0.00", "Unknown")]
    [InlineData(500, "declined", "0.00", "Unknown")]
    [InlineData(201, "pending", "0.00", "Unknown")]
    [InlineData(201, "failed", "0.00", "Unknown")]
    [InlineData(201, "SUCCEEDED", "0.00", "Unknown")]
    [InlineData(201, "", "0.00", "Unknown")]
    [InlineData(200, "refunded", "26.00", "Unknown")]
    [InlineData(200, "succeeded", "-1.00", "Unknown")]
    [InlineData(201, "declined", "25.00", "Unknown")]
    public void A_charge_means_what_its_status_says_if_that_is_known(int status, string word, string refunded, string meaning) =>
        Assert.Equal(meaning, Charge(status, Body(word, refunded)).GetType().Name);

    [Theory]
    [InlineData("reference", "order-2")]
    [InlineData("amount", "12.50")]
    [InlineData("currency", "USD")]
    [InlineData("idempotencyKey", "key-2")]
    [InlineData("id", "")]
    public void A_charge_that_is_not_the_one_that_was_wanted_means_nothing(string field, string value)
    {
        foreach (var word in new[] { "succeeded", "declined" })
        {
            var body = Body(word, change: (field, value));

            Assert.IsType<ChargeAnswer.Unknown>(Charge(201, body));
            Assert.IsType<ChargeAnswer.Unknown>(Ask(200, $"[{body}]"));
            Assert.IsType<ChargeAnswer.Unknown>(Refund(200, body));
        }
    }

    // Every kind of refusal and of page, at every status. None means that nothing was taken, or that something was.
    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("""{"status":"declined"}""")]
    [InlineData("""{"status":"succeeded"}""")]
    [InlineData("""{"id":"ch_1","reference":"order-1","amount":"25.00","refunded":"0.00"}""")]
    [InlineData("""{"id":"ch_1","reference":"order-1","amount":null,"refunded":"0.00","status":"declined"}""")]
    [InlineData("""{"id":"ch_1","refer""")]
    [InlineData("PROBLEM")]
    [InlineData(Page)]
    public void Nothing_else_is_an_answer_at_any_status(string body)
    {
        for (var status = 100; status < 600; status++)
        {
            var text = body == "PROBLEM" ? Problem(status) : body;
            var isRefusal = body == "PROBLEM" && status is 429 or 503;
            Assert.IsType(isRefusal ? typeof(ChargeAnswer.NotDone) : typeof(ChargeAnswer.Unknown), Charge(status, text));
            Assert.IsType(isRefusal ? typeof(ChargeAnswer.NotDone) : typeof(ChargeAnswer.Unknown), Refund(status, text));
            Assert.IsType(status == 200 && body == "[]" ? typeof(ChargeAnswer.NotFound) : typeof(ChargeAnswer.Unknown), Ask(status, text));
        }
    }

    [Fact]
    public void A_token_that_the_provider_does_not_know_is_a_decline_only_in_its_own_words()
    {
        Assert.Equal(new ChargeAnswer.Declined("unknown_token"), Charge(422, Problem(422, "unknown_token")));
        Assert.IsType<ChargeAnswer.Unknown>(Charge(400, Problem(400, "unknown_token")));
        Assert.IsType<ChargeAnswer.Unknown>(Charge(422, Problem(400, "unknown_token")));
        Assert.IsType<ChargeAnswer.Unknown>(Charge(422, """{"code":"unknown_token"}"""));
        Assert.IsType<ChargeAnswer.Unknown>(Ask(422, Problem(422, "unknown_token")));
    }

    [Fact]
    public void The_ledger_answers_with_the_one_charge_or_with_none()
    {
        Assert.Equal(new ChargeAnswer.Succeeded("ch_1"), Ask(200, $"[{Body("succeeded")}]"));
        Assert.Equal(new ChargeAnswer.Declined("card_declined"), Ask(200, $"[{Body("declined")}]"));
        Assert.IsType<ChargeAnswer.NotFound>(Ask(200, "[]"));
        Assert.IsType<ChargeAnswer.Unknown>(Ask(200, $"[{Body("succeeded")},{Body("succeeded")}]"));
        Assert.IsType<ChargeAnswer.Unknown>(Ask(200, Body("succeeded")));
        Assert.IsType<ChargeAnswer.Unknown>(Ask(404, "[]"));
    }

    [Fact]
    public void A_refund_tells_what_has_gone_back_of_the_charge_it_was_for()
    {
        Assert.Equal(new ChargeAnswer.Succeeded("ch_1", 25m), Refund(200, Body("refunded", "25.00")));
        Assert.Equal(new ChargeAnswer.Succeeded("ch_1", 10m), Refund(200, Body("succeeded", "10.00")));
        Assert.IsType<ChargeAnswer.Unknown>(Refund(200, Body("refunded", "25.00", ("id", "ch_2"))));
        Assert.IsType<ChargeAnswer.Unknown>(Refund(422, Problem(422, "nothing_left")));
    }

    [Fact]
    public void A_word_from_outside_that_is_no_word_is_not_passed_on() =>
        Assert.Equal(new ChargeAnswer.Declined("declined"), Charge(201, Body("declined", change: ("code", "<b>sorry</b>"))));

    static ChargeAnswer Charge(int status, string body) => Meanings.OfCharge(Reply(status, body), _wanted);

    static ChargeAnswer Ask(int status, string body) => Meanings.OfQuestion(Reply(status, body), _wanted);

    static ChargeAnswer Refund(int status, string body) => Meanings.OfRefund(Reply(status, body), _wanted, "ch_1");

    static Reply Reply(int status, string body) => Provider.Reply.Read((HttpStatusCode)status, Encoding.UTF8.GetBytes(body));

    static string Problem(int status, string? code = null) =>
        $$"""{"type":"about:blank","title":"Refused","status":{{status}}{{(code is null ? "" : $",\"code\":\"{code}\"")}}}""";

    static string Body(string status, string refunded = "0.00", (string Field, string Value)? change = null)
    {
        var fields = new Dictionary<string, string>
        {
            ["id"] = "ch_1", ["reference"] = "order-1", ["amount"] = "25.00", ["refunded"] = refunded, ["status"] = status,
            ["code"] = "card_declined", ["currency"] = "EUR", ["idempotencyKey"] = "key-1",
        };
        if (change is var (field, value))
        {
            fields[field] = value;
        }

        return System.Text.Json.JsonSerializer.Serialize(fields);
    }
}
