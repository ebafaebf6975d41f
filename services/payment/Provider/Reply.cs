using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Shop.Payment.Provider;

/// <summary>An answer as it came: its status, and the shape of its body. What it means is decided in <see cref="Meanings"/>.</summary>
sealed record Reply(int Status, ReplyBody Body)
{
    const int WordLengthMax = 64;

    public static Reply Read(HttpStatusCode status, byte[] body) => new((int)status, BodyOf((int)status, body));

    static ReplyBody BodyOf(int status, byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement switch
            {
                { ValueKind: JsonValueKind.Array } list => ListOf(list),
                { ValueKind: JsonValueKind.Object } charge when ChargeOf(charge) is { } one => one,
                { ValueKind: JsonValueKind.Object } problem when IsProblem(problem, status) => new ReplyBody.Problem(Word(problem, "code")),
                _ => new ReplyBody.Other("other JSON"),
            };
        }
        catch (JsonException)
        {
            return new ReplyBody.Other(body is [] ? "an empty body" : "a body that is no JSON");
        }
    }

    // One entry that is no charge makes the whole list unreadable, because it may hide the charge that is looked for.
    static ReplyBody ListOf(JsonElement list)
    {
        var charges = new List<ReplyBody.Charge>();
        foreach (var entry in list.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Object || ChargeOf(entry) is not { } charge)
            {
                return new ReplyBody.Other("a list of something else");
            }

            charges.Add(charge);
        }

        return new ReplyBody.Charges(charges);
    }

    static ReplyBody.Charge? ChargeOf(JsonElement json) =>
        Text(json, "id") is { Length: > 0 } id && Text(json, "reference") is { } reference && Text(json, "status") is { } status
            && Money(json, "amount") is { } amount && Money(json, "refunded") is { } refunded
                ? new(
                    id,
                    reference,
                    amount,
                    refunded,
                    status,
                    Word(json, "code"),
                    Text(json, "currency"),
                    Text(json, "idempotencyKey"),
                    Time(json, "changedAt"))
                : null;

    // RFC 9457: the status in the body is that of the answer. Pages of proxies and firewalls are not of this kind.
    static bool IsProblem(JsonElement json, int status) =>
        json.TryGetProperty("status", out var said) && said.ValueKind == JsonValueKind.Number
            && said.TryGetInt32(out var number) && number == status
            && Text(json, "title") is not null;

    static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // A code such as insufficient_funds goes into messages, logs and the order's timeline, so it must be a single word.
    static string? Word(JsonElement json, string name) =>
        Text(json, name) is { Length: > 0 and <= WordLengthMax } word
            && word.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-')
            ? word
            : null;

    static decimal? Money(JsonElement json, string name)
    {
        var text = !json.TryGetProperty(name, out var value) ? null
            : value.ValueKind == JsonValueKind.Number ? value.GetRawText()
            : Text(json, name);
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var money) ? money : null;
    }

    static DateTimeOffset? Time(JsonElement json, string name) =>
        DateTimeOffset.TryParse(Text(json, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : null;
}

/// <summary>What an answer's body is.</summary>
abstract record ReplyBody
{
    /// <summary>
    /// A charge with all that its contract promises: <c>id</c>, <c>reference</c>, <c>amount</c>, <c>refunded</c> and
    /// <c>status</c>.
    /// </summary>
    public sealed record Charge(
        string Id,
        string Reference,
        decimal Amount,
        decimal Refunded,
        string Status,
        string? Code = null,
        string? Currency = null,
        string? IdempotencyKey = null,
        DateTimeOffset? ChangedAt = null) : ReplyBody
    {
        /// <summary>True if it is the charge that was wanted. A field beyond the contract has to agree if it is present.</summary>
        public bool IsFor(WantedCharge wanted) =>
            Reference == wanted.Reference && Amount == wanted.Amount && Currency is null or "EUR"
            && (IdempotencyKey is null || IdempotencyKey == wanted.Key);

        /// <summary>The amount that the shop still has of it, in EUR.</summary>
        public decimal Kept => Status == "declined" ? 0 : Amount - Refunded;
    }

    public sealed record Charges(IReadOnlyList<Charge> Found) : ReplyBody;

    /// <summary>A refusal in the provider's own words (RFC 9457).</summary>
    /// <param name="Code">Such as <c>unknown_token</c>; null if it says none.</param>
    public sealed record Problem(string? Code) : ReplyBody;

    /// <summary>Anything else: a page of a proxy, half a body, nothing.</summary>
    public sealed record Other(string What) : ReplyBody;
}
