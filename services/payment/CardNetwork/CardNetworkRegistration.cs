using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Shop.Hosting;

namespace Shop.Payment.CardNetwork;

/// <summary>The resilience pipeline around every call: quick retries, circuit breaker, time limit, in this order.</summary>
static class CardNetworkRegistration
{
    static readonly TimeSpan _firstRetryPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan _breakerSamplingTime = TimeSpan.FromSeconds(10);

    public static IHostApplicationBuilder AddCardNetwork(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<CardNetworkOptions>(CardNetworkOptions.Section);
        builder.Services.AddSingleton<CardNetworkMetrics>();
        builder.Services.AddHostedService(services => services.GetRequiredService<CardNetworkMetrics>());
        builder.Services.AddSingleton<CardNetworkAccess>();
        builder.Services.AddHealthChecks().AddCheck<CardNetworkAccess>("card-network", tags: ["ready"]);
        builder.Services
            .AddHttpClient<CardNetworkClient>((services, http) =>
            {
                var options = services.GetRequiredService<IOptions<CardNetworkOptions>>().Value;
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
            })
            .AddResilienceHandler("card-network", (pipeline, context) =>
            {
                var options = context.ServiceProvider.GetRequiredService<IOptions<CardNetworkOptions>>().Value;
                if (options.Retries > 0)
                {
                    pipeline.AddRetry(new HttpRetryStrategyOptions
                    {
                        MaxRetryAttempts = options.Retries,
                        Delay = _firstRetryPause,
                        BackoffType = DelayBackoffType.Exponential,
                        UseJitter = true,
                        // What may have had an effect is not repeated here, but asked about.
                        ShouldHandle = attempt => ValueTask.FromResult(FailedForCertain(attempt.Outcome)),
                    });
                }

                var (metrics, breaker) = (context.ServiceProvider.GetRequiredService<CardNetworkMetrics>(), new CircuitBreakerStateProvider());
                metrics.Watch(breaker);
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
                            metrics.Opened();
                            return ValueTask.CompletedTask;
                        },
                    })
                    .AddTimeout(options.AnswerTimeLimit);
            });
        return builder;
    }

    static bool FailedForCertain(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        // In the network's own words: a proxy's 503 may follow a charge that got through.
        { Result: { StatusCode: HttpStatusCode.ServiceUnavailable, Content.Headers.ContentType.MediaType: "application/problem+json" } } => true,
        { Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } } => true,
        _ => false,
    };
}
