namespace Shop.Traces.Receiving;

/// <summary>What a sender may send. More is refused, or cut where that harms nobody.</summary>
static class OtlpLimits
{
    /// <summary>Of one request, also after unpacking.</summary>
    public const int BodyBytesMax = 16_000_000;

    /// <summary>Of one request; exporters send some hundreds, or a few thousand.</summary>
    public const int SpansMax = 20_000;

    /// <summary>At once. Others wait, and those for whom there is no place to wait are told to come again.</summary>
    public const int RequestsMax = 4;

    public const int RequestsWaitingMax = 256;

    /// <summary>Of one text; the rest is cut off.</summary>
    public const int TextMax = 8_000;

    /// <summary>Lists in lists in lists: a value this deep is refused.</summary>
    public const int DepthMax = 8;

    /// <summary>Of all lists in one value; the rest is left out.</summary>
    public const int ItemsMax = 1_000;

    /// <summary>Attributes of one span, event or link, and events and links of one span; the rest is left out.</summary>
    public const int AttributesMax = 256;
}
