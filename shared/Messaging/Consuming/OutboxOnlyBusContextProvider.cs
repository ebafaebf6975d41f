using MassTransit;
using MassTransit.DependencyInjection;

namespace Shop.Messaging;

/// <summary>
/// Behind an injected <c>IPublishEndpoint</c> or <c>ISendEndpointProvider</c>: inside a consumer, its context and with it the
/// outbox. Anywhere else there is no transaction to join, and the attempt is a programming error.
/// </summary>
sealed class OutboxOnlyBusContextProvider(IBus bus, IScopedConsumeContextProvider consuming, IClientFactory clients, IServiceProvider services)
    : IScopedBusContextProvider<IBus>
{
    public ScopedBusContext Context => consuming.HasContext
        ? new ConsumeContextScopedBusContext<IBus>(bus, consuming.GetContext(), clients, services)
        : throw new InvalidOperationException("Publish through GroupCommit<TDb>: outside of it a message would not be part of the transaction.");
}
