using MassTransit;
using MassTransit.Configuration;
using MassTransit.Saga;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>What a service receives, and how it prepares for it.</summary>
public sealed class MessagingConfigurator<TDb> where TDb : DbContext
{
    internal List<EndpointConfigurator<TDb>> Endpoints { get; } = [];

    internal List<Type> Announcements { get; } = [];

    internal List<RowTable<TDb>> Tables { get; } = [];

    /// <summary>A durable queue of this name and the consumers and sagas behind it. They share batches, so an endpoint should
    /// gather what touches the same rows.</summary>
    public MessagingConfigurator<TDb> Endpoint(string name, Action<EndpointConfigurator<TDb>> configure)
    {
        var endpoint = new EndpointConfigurator<TDb>(name);
        configure(endpoint);
        Endpoints.Add(endpoint);
        return this;
    }

    /// <summary>
    /// An event that nobody has to listen to: while no queue is bound to it, the broker drops it. Any other message
    /// that reaches no queue is kept and sent again.
    /// </summary>
    public MessagingConfigurator<TDb> Announces<TEvent>() where TEvent : class
    {
        Announcements.Add(typeof(TEvent));
        return this;
    }

    /// <summary>
    /// Rows of this kind are loaded and locked for work that declares that it needs them. All batches of all replicas lock the kinds in the
    /// order of their registration.
    /// </summary>
    public MessagingConfigurator<TDb> Rows<TRow>() where TRow : class
    {
        Tables.Add(new RowTable<TDb, TRow>());
        return this;
    }
}

/// <summary>The consumers and sagas of one queue.</summary>
public sealed class EndpointConfigurator<TDb> where TDb : DbContext
{
    readonly List<Action<IBusRegistrationConfigurator>> _registrations = [];
    readonly List<Action<IReceiveEndpointConfigurator, IRegistrationContext>> _configurations = [];

    internal EndpointConfigurator(string name) => Name = name;

    internal string Name { get; }

    public EndpointConfigurator<TDb> Consumer<TConsumer>() where TConsumer : class, IConsumer
    {
        _registrations.Add(bus => bus.AddConsumer<TConsumer>());
        _configurations.Add((endpoint, context) => endpoint.ConfigureConsumer<TConsumer>(context));
        return this;
    }

    /// <summary>
    /// A saga whose instances are rows of <typeparamref name="TDb"/>, registered by
    /// <see cref="MessagingConfigurator{TDb}.Rows"/>. The one that a message is about, by the saga's own correlation,
    /// is locked: another replica may be at work on it.
    /// </summary>
    public EndpointConfigurator<TDb> Saga<TStateMachine, TSaga>()
        where TStateMachine : class, SagaStateMachine<TSaga>
        where TSaga : class, SagaStateMachineInstance
    {
        _registrations.Add(bus => bus.AddSagaStateMachine<TStateMachine, TSaga>().Repository(repository =>
            repository.RegisterSagaRepository<TSaga, TDb, SagaConsumeContextFactory<TDb, TSaga>, SagaRepository<TDb, TSaga>>()));
        _configurations.Add((endpoint, context) => endpoint.ConfigureSaga<TSaga>(context));
        return this;
    }

    internal void Register(IBusRegistrationConfigurator bus) => _registrations.ForEach(register => register(bus));

    internal void Configure(IReceiveEndpointConfigurator endpoint, IRegistrationContext context) =>
        _configurations.ForEach(configure => configure(endpoint, context));
}
