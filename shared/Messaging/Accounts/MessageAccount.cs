using System.Globalization;

namespace Shop.Messaging;

/// <summary>What a message is counted under: its kind, and the hour in which it was sent. Both travel with it.</summary>
/// <param name="Kind">The name of its type, as exchanges have it: <c>Shop.Contracts.Inventory:ReserveStock</c>.</param>
/// <param name="Hour">Hours since 1970, by the sender's clock. It is a name and no time: a wrong clock makes no difference.</param>
readonly record struct MessageAccount(string Kind, int Hour)
{
    /// <summary>Carries the hour. A message without it, such as one of the release before, is not counted.</summary>
    public const string Header = "shop-account";

    const string TypePrefix = "urn:message:";
    const int SecondsPerHour = 3600;

    /// <summary>That of a message that is sent now.</summary>
    /// <param name="types">As <c>MT-MessageType</c> has them: the first is what the message is, others are what it is as well.</param>
    public static MessageAccount Now(string types) => new(KindOf(types), ThisHour);

    /// <summary>That of a message that has arrived; null if it says none.</summary>
    public static MessageAccount? Of(string types, string hour) =>
        int.TryParse(hour, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(KindOf(types), number) : null;

    public string HeaderValue => Hour.ToString(CultureInfo.InvariantCulture);

    /// <summary>Kind and hour of a stored message, as SQL.</summary>
    /// <param name="headers">
    /// A column with a JSON object of strings. A pattern reads it, because what others sent may not be JSON to
    /// PostgreSQL.
    /// </param>
    public static (string Kind, string Hour) Sql(string headers) => (
        $"substring({headers} from '\"MT-MessageType\":\"{TypePrefix}([^\";]+)')",
        $"substring({headers} from '\"{Header}\":\"(\\d{{1,9}})\"')::int");

    static int ThisHour => (int)(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / SecondsPerHour);

    static string KindOf(string types)
    {
        var first = types.Split(';', 2)[0];
        return first.StartsWith(TypePrefix, StringComparison.Ordinal) ? first[TypePrefix.Length..] : first;
    }
}
