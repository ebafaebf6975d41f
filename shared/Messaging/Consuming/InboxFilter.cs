using MassTransit;
using MassTransit.Configuration;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>Sits in front of a consumer or saga and lets its messages join the endpoint's batches.</summary>
/// <param name="need">Says which rows a message is about.</param>
sealed class InboxFilter<TDb, TMessage>(CommitLane<TDb> lane, string endpoint, Action<ConsumeContext<TMessage>, NeededRows> need)
    : IFilter<ConsumeContext<TMessage>>
    where TDb : DbContext
    where TMessage : class
{
    public Task Send(ConsumeContext<TMessage> context, IPipe<ConsumeContext<TMessage>> next)
    {
        if (!context.SupportedMessageTypes.Any())
        {
            // MassTransit would give it to every consumer of the endpoint whose fields it has.
            throw new InvalidMessageException(typeof(TMessage), "The message has no MT-MessageType header, so it could be anything.");
        }

        var work = new MessageWork<TDb, TMessage>(context, next, endpoint, need);
        // The lane refuses work while the process stops. The broker delivers the message again.
        return lane.TryAdd(work) ? work.Done : throw new OperationCanceledException("The endpoint is stopping.");
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("inbox");
}

/// <summary>
/// Puts an <see cref="InboxFilter{TDb,TMessage}"/> before each consumer and saga of an endpoint. The inbox remembers what an
/// endpoint has handled, so each type may have one handler there: to a second one every message would be a duplicate.
/// </summary>
/// <param name="handles">Told of each type the endpoint handles.</param>
sealed class InboxFilterObserver<TDb>(CommitLane<TDb> lane, string endpoint, Action<Type> handles)
    : IConsumerConfigurationObserver, ISagaConfigurationObserver
    where TDb : DbContext
{
    readonly HashSet<Type> _handled = [];
    readonly List<EventCorrelation> _correlations = [];

    public void ConsumerConfigured<TConsumer>(IConsumerConfigurator<TConsumer> configurator) where TConsumer : class
    {
    }

    public void ConsumerMessageConfigured<TConsumer, TMessage>(
        IConsumerMessageConfigurator<TConsumer, TMessage> configurator)
        where TConsumer : class
        where TMessage : class =>
        AddFilter((IConsumerMessageConfigurator<TMessage>)configurator, MessageRows.OfConsumer<TMessage>(typeof(TConsumer)));

    public void SagaConfigured<TSaga>(ISagaConfigurator<TSaga> configurator) where TSaga : class, ISaga
    {
    }

    public void StateMachineSagaConfigured<TInstance>(
        ISagaConfigurator<TInstance> configurator, SagaStateMachine<TInstance> stateMachine)
        where TInstance : class, ISaga, SagaStateMachineInstance => _correlations.AddRange(stateMachine.Correlations);

    public void SagaMessageConfigured<TSaga, TMessage>(ISagaMessageConfigurator<TSaga, TMessage> configurator)
        where TSaga : class, ISaga
        where TMessage : class =>
        AddFilter((ISagaMessageConfigurator<TMessage>)configurator, MessageRows.OfSaga<TSaga, TMessage>(_correlations));

    void AddFilter<TMessage>(IPipeConfigurator<ConsumeContext<TMessage>> pipe, Action<ConsumeContext<TMessage>, NeededRows> need)
        where TMessage : class
    {
        if (!_handled.Add(typeof(TMessage)))
        {
            throw new InvalidOperationException(
                $"The endpoint {endpoint} has two handlers of {typeof(TMessage).Name}. Give the second an endpoint of its own.");
        }

        handles(typeof(TMessage));
        pipe.AddPipeSpecification(
            new FilterPipeSpecification<ConsumeContext<TMessage>>(new InboxFilter<TDb, TMessage>(lane, endpoint, need)));
    }
}
