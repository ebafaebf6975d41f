namespace Shop.Chaos.Load;

/// <summary>How much is asked of the shop, and how.</summary>
/// <param name="Rate">Orders per second whatever the answers take (open loop); null for as fast as they are answered.</param>
/// <param name="Seconds">For how long.</param>
/// <param name="Concurrency">Connections, each with one request at a time, where there is no rate.</param>
/// <param name="Payment">The payment token of every order.</param>
/// <param name="IsTraced">
/// False for requests that ask not to be traced (a traceparent that is not sampled): the difference is what tracing costs.
/// </param>
public sealed record LoadOptions(double? Rate, int Seconds, int Concurrency, string Payment, bool IsTraced = true);
