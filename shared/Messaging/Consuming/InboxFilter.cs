using MassTransit;
using MassTransit.Configuration;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>Sits in front of a consumer or saga and lets its messages join the endpoint's batches.</summary>
sealed class InboxFilter<TDb, TMessage>(CommitLane<TDb> lane, string endpoint) : IFilter<ConsumeContext<TMessage>>
    where TDb : DbContext
    where TMessage : class
{
    public Task Send(ConsumeContext<TMessage> context, IPipe<ConsumeContext<TMessage>> next)
    {
        if (!context.SupportedMessageTypes.Any())
        {
            // MassTransit would offer it to every consumer of the endpoint whose fields it happens to have.
            throw new InvalidMessageException(typeof(TMessage), "The message has no MT-MessageType header, so it could be anything.");
        }

        var work = new MessageWork<TDb, TMessage>(context, next, endpoint);
        // Refused only while the process stops: the broker delivers the message again.
        return lane.TryAdd(work) ? work.Done : throw new OperationCanceledException("The endpoint is stopping.");
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("inbox");
}

/// <summary>
/// Puts an <see cref="InboxFilter{TDb,TMessage}"/> before each consumer and saga of an endpoint. The inbox remembers what an
/// endpoint has handled, so each type may have one handler there: to a second one every message would be a duplicate.
/// </summary>
sealed class InboxFilterObserver<TDb>(CommitLane<TDb> lane, string endpoint)
    : IConsumerConfigurationObserver, ISagaConfigurationObserver
    where TDb : DbContext
{
    readonly HashSet<Type> _handled = [];

    public void ConsumerConfigured<TConsumer>(IConsumerConfigurator<TConsumer> configurator) where TConsumer : class
    {
    }

    public void ConsumerMessageConfigured<TConsumer, TMessage>(
        IConsumerMessageConfigurator<TConsumer, TMessage> configurator)
        where TConsumer : class
        where TMessage : class =>
        AddFilter((IConsumerMessageConfigurator<TMessage>)configurator);

    public void SagaConfigured<TSaga>(ISagaConfigurator<TSaga> configurator) where TSaga : class, ISaga
    {
    }

    public void StateMachineSagaConfigured<TInstance>(
        ISagaConfigurator<TInstance> configurator, SagaStateMachine<TInstance> stateMachine)
        where TInstance : class, ISaga, SagaStateMachineInstance
    {
    }

    public void SagaMessageConfigured<TSaga, TMessage>(ISagaMessageConfigurator<TSaga, TMessage> configurator)
        where TSaga : class, ISaga
        where TMessage : class =>
        AddFilter((ISagaMessageConfigurator<TMessage>)configurator);

    void AddFilter<TMessage>(IPipeConfigurator<ConsumeContext<TMessage>> pipe) where TMessage : class
    {
        if (!_handled.Add(typeof(TMessage)))
        {
            throw new InvalidOperationException(
                $"The endpoint {endpoint} has two handlers of {typeof(TMessage).Name}. Give the second an endpoint of its own.");
        }

        pipe.AddPipeSpecification(
            new FilterPipeSpecification<ConsumeContext<TMessage>>(new InboxFilter<TDb, TMessage>(lane, endpoint)));
    }
}
