using System.Buffers.Text;

namespace Shop.Ordering.Orders;

/// <summary>Where a page of orders ended, as an opaque text.</summary>
static class Cursor
{
    const int Bytes = 16;

    public static string For(Guid lastOrder) => Base64Url.EncodeToString(lastOrder.ToByteArray(bigEndian: true));

    public static bool TryParse(string text, out Guid lastOrder)
    {
        lastOrder = default;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (!Base64Url.IsValid(text, out var length) || length != Bytes)
        {
            return false;
        }

        Base64Url.DecodeFromChars(text, bytes);
        lastOrder = new(bytes, bigEndian: true);
        return true;
    }
}
