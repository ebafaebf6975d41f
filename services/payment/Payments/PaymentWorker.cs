using System.Diagnostics;
using Microsoft.Extensions.Options;
using Shop.Hosting;
using Shop.Messaging;
using Shop.Payment.Provider;
using Shop.Payment.Data;

namespace Shop.Payment.Payments;

/// <summary>
/// Calls the payment provider outside of any transaction, and records the answer together with the event. After an attempt with an unknown
/// outcome, the next one begins with a question to the provider's ledger, and charges only if the ledger has no charge.
/// </summary>
sealed partial class PaymentWorker(
    PaymentLeases leases,
    IServiceScopeFactory scopes,
    GroupCommit<PaymentDbContext> commit,
    IOptions<PaymentOptions> options,
    TimeProvider clock,
    ILogger<PaymentWorker> logger) : BackgroundService
{
    static readonly ActivitySource _source = new("Shop.Payment");
    static readonly TimeSpan _firstRetryPause = TimeSpan.FromMilliseconds(200);

    static readonly TimeSpan _failurePause = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _wake = new(0);
    readonly SemaphoreSlim _calls = new(options.Value.CallsMax);
    int _beginning;
    CancellationToken _stopping;

    /// <summary>Called after the commit of something that is due at once.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0)
        {
            _wake.Release();
        }
    }

    /// <summary>
    /// Leases a new payment to this replica in the transaction that writes it, which saves one, if there is room for its
    /// attempt. Else whichever replica has room leases it.
    /// </summary>
    /// <returns>What is to be done after the commit.</returns>
    public Action Begin(PaymentIntent payment)
    {
        if (_calls.CurrentCount <= Volatile.Read(ref _beginning))
        {
            return Wake;
        }

        var askedAt = Stopwatch.GetTimestamp();
        var now = clock.GetUtcNow();
        payment.BeginAttempt(now, options.Value.LeaseTime);
        var leased = LeasedPayment.First(payment, now, askedAt);
        return () => _ = AttemptWithRoom(leased);
    }

    public override void Dispose()
    {
        _wake.Dispose();
        _calls.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _calls.WaitAsync(stoppingToken);
                _calls.Release();
                var due = await leases.Take(_calls.CurrentCount, stoppingToken);
                foreach (var payment in due)
                {
                    await _calls.WaitAsync(CancellationToken.None);
                    _ = Attempt(payment, stoppingToken);
                }

                if (due is [])
                {
                    await _wake.WaitAsync(options.Value.PollInterval, stoppingToken);
                }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error.Message);
                await Task.Delay(_failurePause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        // Attempts under way may end. Another replica takes over the others when their leases end.
        for (var call = 0; call < options.Value.CallsMax; call++)
        {
            await _calls.WaitAsync(CancellationToken.None);
        }
    }

    async Task AttemptWithRoom(LeasedPayment payment)
    {
        Interlocked.Increment(ref _beginning);
        await _calls.WaitAsync(CancellationToken.None);
        Interlocked.Decrement(ref _beginning);
        await Attempt(payment, _stopping);
    }

    async Task Attempt(LeasedPayment payment, CancellationToken stopping)
    {
        using var span = StartSpan(payment);
        try
        {
            // After its lease, an attempt belongs to another replica.
            using var lease = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            lease.CancelAfter(Later(options.Value.LeaseTime - payment.Elapsed));
            var answer = await Call(payment, lease.Token);
            await commit.Run(rows => rows.Lock<PaymentIntent>(payment.OrderId), unit => Record(unit, payment, answer));
        }
        catch (Exception error)
        {
            span?.AddException(error).SetStatus(ActivityStatusCode.Error, error.Message);
            LogAttemptFailed(payment.OrderId, error.Message);
        }
        finally
        {
            _calls.Release();
        }
    }

    // It goes on with the trace of the message that asked for it, which ended long ago, perhaps in another process.
    static Activity? StartSpan(LeasedPayment payment)
    {
        ActivityContext.TryParse(payment.TraceParent, null, isRemote: true, out var parent);
        var span = _source.StartActivity("attempt payment", ActivityKind.Internal, parent);
        OrderOfTrace.Begin(payment.OrderId);
        return span?.SetTag("shop.payment.attempt", payment.Attempts).SetTag("shop.payment.state", payment.State.ToString());
    }

    async Task<ChargeAnswer> Call(LeasedPayment payment, CancellationToken cancellation)
    {
        using var scope = scopes.CreateScope();
        var provider = scope.ServiceProvider.GetRequiredService<ProviderClient>();
        if (payment.State == PaymentState.Refunding)
        {
            return await provider.Refund(payment.Wanted, payment.ChargeId!, $"refund-{payment.OrderId}", cancellation);
        }

        if (!payment.IsFirst && await provider.Ask(payment.Wanted, cancellation) is var asked
            && (asked is not ChargeAnswer.NotFound || payment.State == PaymentState.Voiding))
        {
            return asked;
        }

        // The lease is checked right before the money moves, because a process that was stopped for a while may wake up here.
        return payment.Elapsed < options.Value.LeaseTime
            ? await provider.Charge(payment.Wanted, payment.Token, cancellation)
            : new ChargeAnswer.NotDone("the lease has ended");
    }

    async Task<PaymentState> Record(UnitOfWork<PaymentDbContext> unit, LeasedPayment leased, ChargeAnswer answer)
    {
        var payment = unit.Rows.Find<PaymentIntent>(leased.OrderId)
            ?? throw new InvalidOperationException($"The payment of order {leased.OrderId} is gone.");
        var before = payment.State;
        if (payment.Learn(answer, leased.IsSettled, leased.Attempts) is { } outcome)
        {
            await unit.Publish(outcome.Message);
        }

        switch (payment)
        {
            case { NextAttemptAt: { } next } when next == DateTimeOffset.MinValue:
                unit.AfterCommit(Wake);
                break;
            // An earlier attempt must not change the lease of a running one.
            case { NextAttemptAt: not null } when leased.Attempts == payment.Attempts:
                payment.TryAgain(leased.Now + Pause(leased));
                break;
            case { State: PaymentState.Voided } when before == PaymentState.Voiding && answer is not ChargeAnswer.Declined:
                payment.LookAgain(options.Value.NextLook(leased.ChargedAt, leased.Now));
                break;
            default:
                break;
        }

        var (state, said) = (payment.State, Said(answer));
        unit.AfterCommit(() =>
        {
            if (state != before)
            {
                LogBecame(leased.OrderId, state, said, leased.Attempts);
            }
            else
            {
                LogOutcome(leased.OrderId, state, said, leased.Attempts);
            }
        });
        return state;
    }

    static string Said(ChargeAnswer answer) => answer switch
    {
        ChargeAnswer.Unknown(var reason) => $"Unknown ({reason})",
        ChargeAnswer.NotDone(var reason) => $"NotDone ({reason})",
        _ => answer.GetType().Name,
    };

    // The pause grows with the time tried so far. It is random, so that payments that failed together do not come back together.
    TimeSpan Pause(LeasedPayment leased)
    {
        var pause = (leased.Age + leased.Elapsed) / 4;
        pause = pause < _firstRetryPause ? _firstRetryPause : pause;
        return (pause < options.Value.RetryPauseMax ? pause : options.Value.RetryPauseMax) * (0.5 + (Random.Shared.NextDouble() / 2));
    }

    static TimeSpan Later(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    [LoggerMessage(
        LogLevel.Information, "Payment of order {OrderId} became {State}: the payment provider said {Answer} to attempt {Attempt}")]
    partial void LogBecame(Guid orderId, PaymentState state, string answer, int attempt);

    [LoggerMessage(LogLevel.Debug, "Payment of order {OrderId} stayed {State}: the payment provider said {Answer} to attempt {Attempt}")]
    partial void LogOutcome(Guid orderId, PaymentState state, string answer, int attempt);

    [LoggerMessage(LogLevel.Warning, "An attempt for order {OrderId} could not be recorded and will be repeated: {Reason}")]
    partial void LogAttemptFailed(Guid orderId, string reason);

    [LoggerMessage(LogLevel.Warning, "Looking for due payments failed and will be tried again: {Reason}")]
    partial void LogFailed(string reason);
}
