using MassTransit;

namespace Shop.Messaging;

/// <summary>Tells which rows a message is about.</summary>
static class MessageRows
{
    /// <summary>What the consumer says, if it says something.</summary>
    public static Action<ConsumeContext<TMessage>, NeededRows> OfConsumer<TMessage>(Type consumer) where TMessage : class
    {
        if (!typeof(INeedRows<TMessage>).IsAssignableFrom(consumer))
        {
            return (_, _) => { };
        }

        var need = consumer.GetInterfaceMap(typeof(INeedRows<TMessage>)).TargetMethods[0].CreateDelegate<Action<TMessage, NeededRows>>();
        return (context, rows) => need(context.Message, rows);
    }

    /// <summary>The instance of the saga, by the saga's own correlation of the message.</summary>
    /// <param name="correlations">Those of the saga. They are known once the endpoint is configured.</param>
    public static Action<ConsumeContext<TMessage>, NeededRows> OfSaga<TSaga, TMessage>(IReadOnlyCollection<EventCorrelation> correlations)
        where TSaga : class, ISaga
        where TMessage : class
    {
        var filter = new Lazy<IFilter<ConsumeContext<TMessage>>>(
            () => correlations.Select(Filter<TMessage>).OfType<IFilter<ConsumeContext<TMessage>>>().FirstOrDefault()
                ?? throw new NotSupportedException(
                    $"{typeof(TMessage).Name} must be correlated with {typeof(TSaga).Name} by CorrelateById."));
        return (context, rows) =>
        {
            var found = new Correlated<TMessage>();
            // The call does no I/O, so it is done when it returns.
            filter.Value.Send(context, found).GetAwaiter().GetResult();
            rows.Lock<TSaga>(found.Id);
        };
    }

    // Reflection is needed, because the property belongs to a generic type whose constraints are not known here.
    static object? Filter<TMessage>(EventCorrelation correlation) => correlation.DataType == typeof(TMessage)
        ? correlation.GetType().GetProperty(nameof(EventCorrelation<SagaStateMachineInstance, object>.MessageFilter))?.GetValue(correlation)
        : null;

    sealed class Correlated<TMessage> : IPipe<ConsumeContext<TMessage>> where TMessage : class
    {
        public Guid Id { get; private set; }

        public Task Send(ConsumeContext<TMessage> context)
        {
            Id = context.CorrelationId ?? Guid.Empty;
            return Task.CompletedTask;
        }

        public void Probe(ProbeContext context)
        {
        }
    }
}
