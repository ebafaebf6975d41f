namespace Shop.Messaging;

/// <summary>What an answer is stored under.</summary>
/// <param name="User">Whose key it is: two users may well choose the same.</param>
/// <param name="Key">With its route before it. Keys have no blanks, so no two routes share one.</param>
public sealed record AnswerKey(string User, string Key)
{
    /// <param name="route">Empty for the one that had keys before all others.</param>
    public static AnswerKey Of(string user, string route, string key) => new(user, route is "" ? key : $"{route} {key}");
}
