using MassTransit;
using MassTransit.Context;
using MassTransit.Saga;
using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// Keeps saga instances in the service's DbContext. The batch has the transaction, the lock and the save, so this only finds and adds
/// instances.
/// </summary>
sealed class SagaRepository<TDb, TSaga>(TDb db, Rows<TDb> rows, ISagaConsumeContextFactory<TDb, TSaga> contexts)
    : ISagaRepositoryContextFactory<TSaga>
    where TDb : DbContext
    where TSaga : class, ISaga
{
    public Task Send<T>(ConsumeContext<T> context, IPipe<SagaRepositoryContext<TSaga, T>> next) where T : class =>
        next.Send(new RepositoryContext<T>(db, rows, contexts, context));

    public Task SendQuery<T>(
        ConsumeContext<T> context, ISagaQuery<TSaga> query, IPipe<SagaRepositoryQueryContext<TSaga, T>> next)
        where T : class =>
        throw new NotSupportedException("Sagas are found by correlation id only: a query would miss what the batch has changed.");

    public void Probe(ProbeContext context) => context.Add("persistence", "entity-framework-unit-of-work");

    sealed class RepositoryContext<T>(
        TDb db, Rows<TDb> rows, ISagaConsumeContextFactory<TDb, TSaga> contexts, ConsumeContext<T> context)
        : ConsumeContextScope<T>(context, db), SagaRepositoryContext<TSaga, T>
        where T : class
    {
        readonly ConsumeContext<T> _context = context;

        public Task<SagaConsumeContext<TSaga, T>> Add(TSaga instance) =>
            CreateSagaConsumeContext(_context, instance, SagaConsumeContextMode.Add);

        public Task<SagaConsumeContext<TSaga, T>> Insert(TSaga instance)
        {
            db.Add(instance);
            return CreateSagaConsumeContext(_context, instance, SagaConsumeContextMode.Insert);
        }

        public async Task<SagaConsumeContext<TSaga, T>> Load(Guid correlationId) =>
            rows.Find<TSaga>(correlationId) is { } instance
                && db.Entry(instance).State != EntityState.Deleted
                ? await CreateSagaConsumeContext(_context, instance, SagaConsumeContextMode.Load)
                : null!;

        public Task Save(SagaConsumeContext<TSaga> context)
        {
            db.Add(context.Saga);
            return Task.CompletedTask;
        }

        public Task Update(SagaConsumeContext<TSaga> context) => Task.CompletedTask;

        public Task Delete(SagaConsumeContext<TSaga> context)
        {
            db.Remove(context.Saga);
            return Task.CompletedTask;
        }

        public Task Discard(SagaConsumeContext<TSaga> context) => Task.CompletedTask;

        // The batch rolls back and forgets the context; nothing of this instance is left to undo.
        public Task Undo(SagaConsumeContext<TSaga> context) => Task.CompletedTask;

        public Task<SagaConsumeContext<TSaga, TMessage>> CreateSagaConsumeContext<TMessage>(
            ConsumeContext<TMessage> consumeContext, TSaga instance, SagaConsumeContextMode mode)
            where TMessage : class =>
            contexts.CreateSagaConsumeContext(db, consumeContext, instance, mode);
    }
}
