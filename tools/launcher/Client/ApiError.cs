using System.Net;

namespace Shop.Launcher.Client;

/// <summary>The API's refusal, in its own words.</summary>
public sealed class ApiError(HttpStatusCode status, string detail, string? type) : Exception($"The shop answered {(int)status}: {detail}")
{
    public HttpStatusCode Status => status;

    /// <summary>True if the outcome is unknown.</summary>
    public bool IsOutcomeUnknown => type == "urn:shop:problem:outcome-unknown";
}
