namespace Shop.Traces.Receiving;

/// <summary>What a sender may send. More is refused, or cut where that harms nobody.</summary>
static class OtlpLimits
{
    /// <summary>Of one request, also after unpacking.</summary>
    public const int BodyBytesMax = 16_000_000;

    /// <summary>Of one text; the rest is cut off.</summary>
    public const int TextMax = 8_000;

    /// <summary>Lists in lists in lists: a value this deep is refused.</summary>
    public const int DepthMax = 8;

    /// <summary>Of one span, event or link; the rest is left out.</summary>
    public const int AttributesMax = 256;
}
