using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;
using MassTransit.Middleware;
using MassTransit.Serialization.JsonConverters;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Shop.Hosting;

namespace Shop.Messaging;

/// <summary>Adds transactional messaging to a service.</summary>
public static class MessagingRegistration
{
    const int DeliveryLimit = 1_000_000;

    /// <summary>
    /// Connects the service to the broker. Expects <typeparamref name="TDb"/> and its <c>NpgsqlDataSource</c> to be
    /// registered, and <see cref="MessagingModel.AddMessaging"/> to be called in its model.
    /// </summary>
    public static IHostApplicationBuilder AddMessaging<TDb>(
        this IHostApplicationBuilder builder, Action<MessagingConfigurator<TDb>> configure)
        where TDb : DbContext
    {
        var services = builder.Services;
        var configurator = new MessagingConfigurator<TDb>();
        configure(configurator);

        builder.AddValidatedOptions<RabbitMqOptions>(RabbitMqOptions.Section);
        builder.AddValidatedOptions<MessagingOptions>(MessagingOptions.Section);
        builder.AddValidatedOptions<IdempotencyOptions>(IdempotencyOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new MessagingMetrics([.. configurator.Endpoints.Select(endpoint => endpoint.Name)]));
        services.AddHostedService(provider => provider.GetRequiredService<MessagingMetrics>());
        services.AddSingleton<LaneWatch>();
        services.AddSingleton<BrokerGate>();
        services.AddSingleton(new Announcements(configurator.Announcements));
        services.AddSingleton<Relay<TDb>>();
        services.AddSingleton<EndpointLanes<TDb>>();
        services.AddSingleton(provider => new DeadLetters<TDb>(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetRequiredService<Relay<TDb>>()));
        services.AddSingleton(provider => new GroupCommit<TDb>(
            provider,
            provider.GetRequiredService<Relay<TDb>>(),
            provider.GetRequiredService<IOptions<MessagingOptions>>()));
        services.AddSingleton<KeysInFlight>();
        services.AddSingleton<KeyedWrites<TDb>>();
        services.AddSingleton(new RowTables<TDb>(configurator.Tables));
        services.ConfigureDbContext<TDb>(options => options.AddInterceptors(LoadedRows.Interceptor));
        services.AddScoped(provider => new Rows<TDb>(provider.GetRequiredService<TDb>(), provider.GetRequiredService<RowTables<TDb>>()));
        services.AddSingleton(IdempotencyOptions.Purge<TDb>);
        services.AddSingleton(MessagingInvariants.Of<TDb>());
        services.AddMassTransit(bus => ConfigureBus(bus, configurator));
        services.Configure<MassTransitHostOptions>(options =>
        {
            // A message that waits for its next attempt is given up after this, and the broker delivers it again.
            options.ConsumerStopTimeout = TimeSpan.FromSeconds(3);
            options.StopTimeout = TimeSpan.FromSeconds(8);
        });
        // After the bus: hosted services stop in reverse order, and the relay should outlive nothing it serves.
        services.AddHostedService(provider => provider.GetRequiredService<Relay<TDb>>());
        services.AddHostedService<Purge<TDb>>();
        services.AddHealthChecks().AddCheck<RelayHealthCheck<TDb>>("outbox-relay", tags: ["ready"])
            .AddCheck<LaneWatch>("lanes", tags: ["ready"]);
        return builder;
    }

    /// <summary>
    /// The way of a message, in the order of the filters below:
    /// <code>
    /// broker ─▶ retry ─▶ inbox filter ─▶ lane ─▶ batch ──committed──────────────────▶ acknowledged
    ///             ▲                               │ refused: once more, alone
    ///             │                               │ held up: beside the lane, then back in the outbox for a while
    ///             └──── failed, attempts left ◀───┤ database away: waits in the lane
    ///                                             ▼
    ///             failed for good, or not readable: dead letter filter, a row ──▶ acknowledged
    /// </code>
    /// </summary>
    static void ConfigureBus<TDb>(IBusRegistrationConfigurator bus, MessagingConfigurator<TDb> configurator)
        where TDb : DbContext
    {
        bus.DisableUsageTelemetry();
        bus.ConfigureHealthCheckOptions(health =>
        {
            health.Name = "message-broker";
            // The outbox bridges a broker that is away, so the service still serves.
            health.MinimalFailureStatus = HealthStatus.Degraded;
            health.Tags.Clear();
            health.Tags.Add("ready");
        });
        // Publishing past the outbox could lose a message in a crash, so it throws.
        bus.ReplaceScoped<MassTransit.DependencyInjection.IScopedBusContextProvider<IBus>, OutboxOnlyBusContextProvider>();
        configurator.Endpoints.ForEach(endpoint => endpoint.Register(bus));
        bus.UsingRabbitMq((context, rabbit) =>
        {
            var broker = context.GetRequiredService<IOptions<RabbitMqOptions>>().Value;
            var options = context.GetRequiredService<IOptions<MessagingOptions>>().Value;
            var lanes = context.GetRequiredService<EndpointLanes<TDb>>();
            rabbit.Host(broker.Host, broker.Port, broker.VirtualHost, host =>
            {
                host.Username(broker.Username);
                host.Password(broker.Password);
                host.Heartbeat(BrokerConnections.Heartbeat);
                host.RequestedConnectionTimeout(TimeSpan.FromSeconds(5));
                BrokerTls.Configure(host, broker);
                host.OnRefreshConnectionFactory = _ => context.GetRequiredService<BrokerGate>().Pass();
            });
            rabbit.ConfigureJsonSerializerOptions(Strict);
            rabbit.UseRawJsonSerializer(RawSerializerOptions.CopyHeaders, isDefault: true);
            foreach (var receiver in configurator.Endpoints)
            {
                rabbit.ReceiveEndpoint(receiver.Name, endpoint =>
                {
                    endpoint.SetQuorumQueue();
                    // RabbitMQ 4 drops a message after 20 deliveries unless told otherwise. The service counts attempts itself, and a
                    // delivery that ended with a lost connection does not count.
                    endpoint.SetQueueArgument("x-delivery-limit", DeliveryLimit);
                    endpoint.PrefetchCount = options.PrefetchCount;
                    endpoint.ConcurrentMessageLimit = options.ConcurrentMessages;
                    endpoint.PublishFaults = false;
                    endpoint.ConfigureReceive(pipe => pipe.UseFilter(new ReceiveSpan(receiver.Name)));
                    // Before the inbox filter, so that each attempt is work of its own.
                    endpoint.UseMessageRetry(retry => Retry(retry, options));
                    var deadLetters = ActivatorUtilities.CreateInstance<DeadLetterFilter<TDb>>(context, receiver.Name);
                    endpoint.ConfigureError(pipe =>
                    {
                        // Marks the delivery as failed; without it a broken body would count as skipped as well.
                        pipe.UseFilter(new GenerateFaultFilter());
                        pipe.UseFilter(deadLetters);
                    });
                    endpoint.ConfigureDeadLetter(pipe => pipe.UseFilter(deadLetters));
                    var observer = new InboxFilterObserver<TDb>(
                        lanes.For(receiver.Name), receiver.Name, message => endpoint.Bind(ServiceExchange.Of(message)));
                    endpoint.ConnectConsumerConfigurationObserver(observer);
                    endpoint.ConnectSagaConfigurationObserver(observer);
                    receiver.Configure(endpoint, context);
                });
            }
        });
    }

    static void Retry(IRetryConfigurator retry, MessagingOptions options)
    {
        retry.Ignore<InvalidMessageException>();
        retry.Ignore<ReusedMessageIdException>();
        retry.Ignore<OperationCanceledException>();
        if (options.Attempts > 1)
        {
            var first = TimeSpan.FromMilliseconds(options.RetryDelayMilliseconds);
            retry.Exponential(options.Attempts - 1, first, first * Math.Pow(2, options.Attempts), first);
        }
        else
        {
            // MassTransit refuses to start without a policy, even one that does nothing.
            retry.None();
        }
    }

    // Compact, with decimals as numbers, and strict: a message that lacks a field is a fault, not a null.
    // MassTransit keeps these options once per process.
    static JsonSerializerOptions Strict(JsonSerializerOptions options)
    {
        options.WriteIndented = false;
        options.AllowTrailingCommas = false;
        options.ReadCommentHandling = JsonCommentHandling.Disallow;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        foreach (var converter in options.Converters.OfType<StringDecimalJsonConverter>().ToArray<JsonConverter>())
        {
            options.Converters.Remove(converter);
        }

        return options;
    }
}
