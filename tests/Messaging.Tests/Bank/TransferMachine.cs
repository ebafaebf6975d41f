using MassTransit;

namespace Shop.Messaging.Tests.Bank;

/// <summary>Waiting → Ended, or → Expired when its time limit passes first.</summary>
public sealed class TransferMachine : MassTransitStateMachine<Transfer>
{
    public TransferMachine()
    {
        InstanceState(transfer => transfer.State);
        Event(() => Started, x => x.CorrelateById(m => m.Message.TransferId));
        Event(() => Stepped, x => x.CorrelateById(m => m.Message.TransferId));
        Event(() => Broken, x => x.CorrelateById(m => m.Message.TransferId));
        Event(() => Ended, x => x.CorrelateById(m => m.Message.TransferId));
        Schedule(
            () => Deadline,
            transfer => transfer.DeadlineToken,
            x => x.Received = received => received.CorrelateById(m => m.Message.TransferId));

        Initially(When(Started)
            .Schedule(Deadline, x => new TransferExpired(x.Saga.CorrelationId), x => x.Message.TimeLimit)
            .TransitionTo(Waiting));
        During(
            Waiting,
            When(Stepped).Then(x => x.Saga.Steps++).Publish(x => DepositedOf(x.Saga)),
            When(Broken)
                .Then(x => x.Saga.Steps++)
                .Publish(x => DepositedOf(x.Saga))
                .Then(_ => throw new InvalidOperationException("The transfer broke.")),
            When(Ended).Unschedule(Deadline).TransitionTo(Done),
            When(Deadline.Received).TransitionTo(Expired));
        During(Done, Ignore(Deadline.Received));
    }

    public State Waiting { get; set; } = null!;

    public State Done { get; set; } = null!;

    public State Expired { get; set; } = null!;

    public Event<StartTransfer> Started { get; set; } = null!;

    public Event<StepTransfer> Stepped { get; set; } = null!;

    public Event<BreakTransfer> Broken { get; set; } = null!;

    public Event<EndTransfer> Ended { get; set; } = null!;

    public Schedule<Transfer, TransferExpired> Deadline { get; set; } = null!;

    static Deposited DepositedOf(Transfer transfer) => new(transfer.CorrelationId, Guid.Empty, transfer.Steps);
}
