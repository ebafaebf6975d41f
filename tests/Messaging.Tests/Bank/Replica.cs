using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Shop.Support;

namespace Shop.Messaging.Tests.Bank;

/// <summary>One process of the test service, hosted inside the test.</summary>
public sealed class Replica : IAsyncDisposable
{
    public const string Accounts = "bank-accounts";
    public const string Statements = "bank-statements";
    public const string Transfers = "bank-transfers";

    readonly IHost _host;

    Replica(IHost host) => _host = host;

    public CapturedLog Log => _host.Services.GetRequiredService<CapturedLog>();

    public Gate Gate => _host.Services.GetRequiredService<Gate>();

    public IServiceProvider Services => _host.Services;

    public GroupCommit<BankDbContext> Writes => _host.Services.GetRequiredService<GroupCommit<BankDbContext>>();

    public DeadLetters<BankDbContext> DeadLetters => _host.Services.GetRequiredService<DeadLetters<BankDbContext>>();

    /// <param name="settings">Configuration on top of what every replica gets, such as <c>Messaging:Attempts</c>.</param>
    /// <param name="withRelay">False: its outbox rows stay where they are, as if it died right after each commit.</param>
    /// <param name="handlesTwice">True: one endpoint has two consumers of one type, which must be refused.</param>
    public static Replica Build(ReplicaSettings settings, bool withRelay = true, bool handlesTwice = false)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Configuration);
        builder.Services.AddSingleton(new ReplicaName(settings.Name)).AddSingleton<Gate>().AddSingleton<CapturedLog>();
        builder.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<CapturedLog>());
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(settings.Database));
        builder.Services.AddDbContextPool<BankDbContext>((services, options) =>
            options.UseNpgsql(services.GetRequiredService<NpgsqlDataSource>()));
        builder.AddMessaging<BankDbContext>(messaging => messaging
            .Endpoint(Accounts, endpoint => endpoint
                .Consumer<DepositConsumer>().Consumer<OpenAccountConsumer>().Consumer<OverdrawConsumer>().Consumer<HoldConsumer>())
            .Endpoint(Statements, endpoint => _ = handlesTwice
                ? endpoint.Consumer<DepositedConsumer>().Consumer<SecondDepositedConsumer>()
                : endpoint.Consumer<DepositedConsumer>())
            .Endpoint(Transfers, endpoint => endpoint.Saga<TransferMachine, Transfer>())
            .Announces<Announced>()
            .Rows<Account>()
            .Rows<Transfer>());
        if (!withRelay)
        {
            builder.Services.Remove(builder.Services.Single(service => service.ServiceType == typeof(IHostedService)
                && service.ImplementationFactory is Func<IServiceProvider, Relay<BankDbContext>>));
        }

        return new(builder.Build());
    }

    /// <summary>Starts, and waits until its queues exist and are consumed.</summary>
    public async Task Start(CancellationToken cancellation)
    {
        await _host.StartAsync(cancellation);
        await _host.Services.GetRequiredService<IBusControl>().WaitForHealthStatus(BusHealthStatus.Healthy, cancellation);
    }

    /// <summary>Starts without waiting for a broker that may be away.</summary>
    public Task StartWithoutBroker(CancellationToken cancellation) => _host.StartAsync(cancellation);

    public Task Stop(CancellationToken cancellation) => _host.StopAsync(cancellation);

    public Task<DeadLetter?> Replay(string id, string by) => Writes.Run(unit => DeadLetters.Replay(unit, id, by));

    public Task<DeadLetter?> Discard(string id, string by) => Writes.Run(unit => DeadLetters.Discard(unit, id, by));

    /// <summary>Publishes in a transaction, which all work that waits at the same time shares.</summary>
    public Task Publish<T>(T message) where T : class =>
        Writes.Run(async unit =>
        {
            await unit.Publish(message);
            return true;
        });

    /// <summary>Waits until so many messages have arrived at an endpoint and wait for its lane.</summary>
    public Task Waiting(string endpoint, int count)
    {
        var lane = _host.Services.GetRequiredService<EndpointLanes<BankDbContext>>().For(endpoint);
        return Wait.Until(() => lane.Waiting == count, $"{count} messages waiting at {endpoint}");
    }

    /// <summary>Runs works in such a way that they share one transaction.</summary>
    public Task<Task<TResult>[]> InOneBatch<TResult>(params Func<UnitOfWork<BankDbContext>, Task<TResult>>[] works) =>
        InOneBatch(() => null, _ => { }, works);

    /// <param name="need">The rows that each of them needs.</param>
    public Task<Task<TResult>[]> InOneBatch<TResult>(
        Action<NeededRows> need, params Func<UnitOfWork<BankDbContext>, Task<TResult>>[] works) =>
        InOneBatch(() => null, need, works);

    /// <param name="around">What each work is asked for in, such as a span of its own.</param>
    public Task<Task<TResult>[]> InOneBatch<TResult>(
        Func<IDisposable?> around, params Func<UnitOfWork<BankDbContext>, Task<TResult>>[] works) =>
        InOneBatch(around, _ => { }, works);

    async Task<Task<TResult>[]> InOneBatch<TResult>(
        Func<IDisposable?> around, Action<NeededRows> need, params Func<UnitOfWork<BankDbContext>, Task<TResult>>[] works)
    {
        var hold = Guid.NewGuid();
        var holding = Writes.Run(async _ =>
        {
            await Gate.Pass(hold);
            return true;
        });
        await Gate.Reached(hold).WaitAsync(TestContext.Current.CancellationToken);
        var running = works.Select(work =>
        {
            using var _ = around();
            return Writes.Run(need, work);
        }).ToArray();
        await Wait.Until(() => Writes.Waiting == works.Length, $"{works.Length} writes waiting");
        Gate.Open(hold);
        await holding;
        return running;
    }

    public Task<Guid> Schedule<T>(string endpoint, T message, TimeSpan delay) where T : class =>
        Writes.Run(unit => unit.Schedule(endpoint, message, delay));

    public Task Unschedule(Guid token) =>
        Writes.Run(unit =>
        {
            unit.Unschedule(token);
            return Task.FromResult(true);
        });

    public async ValueTask DisposeAsync()
    {
        Gate.OpenAll();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}

/// <summary>Where a replica finds its servers.</summary>
public sealed record ReplicaSettings(string Name, string Database, IReadOnlyDictionary<string, string?> Configuration);
