namespace Shop.Traces.Receiving;

/// <summary>Bytes that are no message of OTLP's, or break a rule of it or of ours.</summary>
sealed class InvalidOtlpException(string message) : Exception(message)
{
    /// <summary>True for a request that is fine, and too large.</summary>
    public bool IsTooMuch { get; init; }
}
