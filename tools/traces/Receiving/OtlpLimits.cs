namespace Shop.Traces.Receiving;

/// <summary>What a sender may send. More is refused, or cut where that harms nobody.</summary>
static class OtlpLimits
{
    /// <summary>The size of one request, also after unpacking.</summary>
    public const int BodyBytesMax = 16_000_000;

    /// <summary>The spans of one request. Exporters send some hundreds, or a few thousand.</summary>
    public const int SpansMax = 20_000;

    /// <summary>Requests at once. Others wait, and requests beyond the queue are told to come again.</summary>
    public const int RequestsMax = 4;

    public const int RequestsWaitingMax = 256;

    /// <summary>The length of one text. The rest is cut off.</summary>
    public const int TextMax = 8_000;

    /// <summary>The depth of nested lists at which a value is refused.</summary>
    public const int DepthMax = 8;

    /// <summary>The items of all lists in one value. The rest is left out.</summary>
    public const int ItemsMax = 1_000;

    /// <summary>Attributes of one span, event or link, and events and links of one span. The rest is left out.</summary>
    public const int AttributesMax = 256;
}
