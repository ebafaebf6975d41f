using MassTransit;
using MassTransit.Clients;
using MassTransit.DependencyInjection;
using MassTransit.Transports;

namespace Shop.Messaging;

/// <summary>
/// Behind an injected <c>IPublishEndpoint</c> or <c>ISendEndpointProvider</c>: inside a consumer, its context and with it the
/// outbox. Anywhere else there is no transaction to join, and the attempt is a programming error.
/// </summary>
sealed class OutboxOnlyBusContextProvider(IScopedConsumeContextProvider consuming, IClientFactory clients)
    : IScopedBusContextProvider<IBus>
{
    public ScopedBusContext Context => new ConsumerBusContext(consuming, clients, Current(consuming));

    static ConsumeContext Current(IScopedConsumeContextProvider consuming) => consuming.HasContext
        ? consuming.GetContext()
        : throw new InvalidOperationException(
            "Publish through GroupCommit<TDb>: outside of it a message would not be part of the transaction.");

    // An injected endpoint lives as long as the scope, and the messages of a batch share one scope. So each use asks which message is being
    // handled.
    sealed class ConsumerBusContext(
        IScopedConsumeContextProvider consuming, IClientFactory clients, ConsumeContext context)
        : ScopedBusContext, IPublishEndpointProvider, ISendEndpointProvider
    {
        public IPublishEndpoint PublishEndpoint => new PublishEndpoint(this);

        public ISendEndpointProvider SendEndpointProvider => this;

        public IScopedClientFactory ClientFactory => new ScopedClientFactory(clients, context);

        public async Task<ISendEndpoint> GetPublishSendEndpoint<T>() where T : class
        {
            var current = Current(consuming);
            return new ConsumeSendEndpoint(await current.ReceiveContext.PublishEndpointProvider.GetPublishSendEndpoint<T>(), current);
        }

        public Task<ISendEndpoint> GetSendEndpoint(Uri address) => Current(consuming).GetSendEndpoint(address);

        public ConnectHandle ConnectPublishObserver(IPublishObserver observer) =>
            Current(consuming).ReceiveContext.PublishEndpointProvider.ConnectPublishObserver(observer);

        public ConnectHandle ConnectSendObserver(ISendObserver observer) => Current(consuming).ConnectSendObserver(observer);
    }
}
