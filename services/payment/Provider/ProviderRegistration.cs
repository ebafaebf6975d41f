using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Shop.Hosting;

namespace Shop.Payment.Provider;

/// <summary>The resilience pipeline around every call: quick retries, circuit breaker, time limit, in this order.</summary>
static class ProviderRegistration
{
    static readonly TimeSpan _firstRetryPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _breakerSamplingTime = TimeSpan.FromSeconds(10);

    public static IHostApplicationBuilder AddPaymentProvider(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ProviderOptions>(ProviderOptions.Section);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ProviderMetrics>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ProviderMetrics>());
        builder.Services.AddSingleton<ProviderAccess>();
        builder.Services.AddSingleton<FailingCustomers>();
        builder.Services.AddTransient<FailingCustomers.Watch>();
        builder.Services.AddHealthChecks().AddCheck<ProviderAccess>("card-network", tags: ["ready"]);
        var client = builder.Services
            .AddHttpClient<ProviderClient>((services, http) =>
            {
                var options = services.GetRequiredService<IOptions<ProviderOptions>>().Value;
                http.BaseAddress = new(options.Url.TrimEnd('/') + "/");
                http.DefaultRequestHeaders.Authorization = options.ApiKey is { Length: > 0 } key ? new("Bearer", key) : null;
                // The pipeline limits each attempt.
                http.Timeout = Timeout.InfiniteTimeSpan;
            })
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.ConnectTimeout = TimeSpan.FromSeconds(2);
                // A redirected POST becomes a GET, whose answer is about something else.
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
            });
        client
            .AddResilienceHandler("card-network", (pipeline, context) =>
            {
                // Each group of customers has its own breaker, which the other's failures cannot open.
                var group = context.InstanceName;
                var options = context.ServiceProvider.GetRequiredService<IOptions<ProviderOptions>>().Value;
                if (options.Retries > 0)
                {
                    pipeline.AddRetry(new HttpRetryStrategyOptions
                    {
                        MaxRetryAttempts = options.Retries,
                        Delay = _firstRetryPause,
                        BackoffType = DelayBackoffType.Exponential,
                        UseJitter = true,
                        // A call that may have had an effect is not repeated here. The ledger is asked instead.
                        ShouldHandle = attempt => ValueTask.FromResult(FailedForCertain(attempt.Outcome)),
                    });
                }

                if (group == FailingCustomers.Failing)
                {
                    pipeline.AddConcurrencyLimiter(options.FailingCallsMax);
                }

                var (metrics, breaker) = (context.ServiceProvider.GetRequiredService<ProviderMetrics>(), new CircuitBreakerStateProvider());
                metrics.Watch(group, breaker);
                pipeline
                    .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
                    {
                        FailureRatio = options.BreakerFailureRatio,
                        MinimumThroughput = options.BreakerCallsMin,
                        SamplingDuration = _breakerSamplingTime,
                        BreakDuration = options.BreakerOpenTime,
                        StateProvider = breaker,
                        OnOpened = _ =>
                        {
                            metrics.Opened(group);
                            return ValueTask.CompletedTask;
                        },
                    })
                    .AddTimeout(options.AnswerTimeLimit);
            })
            .SelectPipelineBy(services =>
            {
                var customers = services.GetRequiredService<FailingCustomers>();
                return customers.GroupOf;
            });
        client.AddHttpMessageHandler<FailingCustomers.Watch>();
        return builder;
    }

    static bool FailedForCertain(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        // The 503 must have the provider's own form, because a proxy's 503 may follow a charge that got through.
        { Result: { StatusCode: HttpStatusCode.ServiceUnavailable, Content.Headers.ContentType.MediaType: "application/problem+json" } } =>
            true,
        { Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } } => true,
        _ => false,
    };
}
