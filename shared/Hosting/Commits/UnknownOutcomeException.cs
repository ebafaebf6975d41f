namespace Shop.Hosting;

/// <summary>
/// The answer to a COMMIT is missing, or is not the acknowledgement that was asked for: the transaction may have had its effect or not.
/// </summary>
public sealed class UnknownOutcomeException(string reason, Exception? cause = null) : Exception(reason, cause);
