using System.Security.Cryptography;
using System.Text;

namespace Shop.Messaging;

/// <summary>The key of a message in the inbox.</summary>
/// <param name="Content">A hash of type and body. It tells a copy of a message from another message under the same id.</param>
readonly record struct InboxKey(Guid MessageId, Guid Content)
{
    public static InboxKey Of(Guid messageId, string messageType, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{messageType}\n"));
        hash.AppendData(body);
        return new(messageId, new Guid(hash.GetHashAndReset().AsSpan(0, 16), bigEndian: true));
    }

    /// <summary>The same hash of a dead letter, as SQL.</summary>
    public static string ContentOf(string letter) =>
        $"encode(substring(sha256(convert_to({letter}.message_type || E'\\n', 'UTF8') || {letter}.body) for 16), 'hex')::uuid";
}
