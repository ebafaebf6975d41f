using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Shop.Payment.Provider;
using Shop.Support;
using Shop.Support.Metrics;

namespace Shop.Payment.Tests.Failures;

/// <summary>The resilience pipeline before a fake payment provider, which a test controls and which counts its calls.</summary>
public sealed class CircuitBreakerTests : IAsyncLifetime
{
    static readonly WantedCharge _wanted = new("key", 1, "r", "alice");

    readonly WebApplication _provider = Build();
    readonly FakeTimeProvider _clock = new();
    HttpStatusCode _answer = HttpStatusCode.ServiceUnavailable;
    TimeSpan _latency;
    int? _redirect;
    bool _drips;
    bool _isPage;
    int _calls;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _provider.MapPost("/v1/charges", async (HttpContext http) =>
        {
            Interlocked.Increment(ref _calls);
            await Task.Delay(_latency, http.RequestAborted);
            if (_redirect is { } redirect)
            {
                http.Response.Headers.Location = "/elsewhere";
                return Results.StatusCode(redirect);
            }

            if (_drips)
            {
                await http.Response.StartAsync(http.RequestAborted);
                await Task.Delay(Timeout.InfiniteTimeSpan, http.RequestAborted);
            }

            if (_isPage)
            {
                return Results.Content("<html>no upstream</html>", "text/html", statusCode: (int)_answer);
            }

            return _answer == HttpStatusCode.Created
                ? Results.Json(
                    new { id = "ch_1", reference = "r", amount = "1.00", refunded = "0.00", status = "succeeded", code = (string?)null },
                    statusCode: 201)
                : Results.Problem(statusCode: (int)_answer);
        });
        await _provider.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync() => await _provider.DisposeAsync();

    [Fact]
    public async Task An_open_breaker_spares_the_provider_and_closes_when_it_is_well_again()
    {
        using var host = Client(("Retries", "0"), ("BreakerCallsMin", "5"), ("BreakerOpenTime", "00:00:00.5"));
        var client = host.Services.GetRequiredService<ProviderClient>();
        await Wait.Until(
            async () => await ChargeAnybody(client) is ChargeAnswer.NotDone { Reason: "the circuit breaker is open" }, "an open breaker");
        var before = _calls;
        for (var attempt = 0; attempt < 20; attempt++)
        {
            Assert.IsType<ChargeAnswer.NotDone>(await ChargeAnybody(client));
        }

        Assert.InRange(_calls, before, before + 1);
        _answer = HttpStatusCode.Created;

        await Wait.Until(async () => await ChargeAnybody(client) is ChargeAnswer.Succeeded { ChargeId: "ch_1" }, "a closed breaker");
        Assert.IsType<ChargeAnswer.Succeeded>(await ChargeAnybody(client));
    }

    [Fact]
    public async Task A_customer_whose_calls_never_work_opens_no_breaker_for_the_others()
    {
        using var readings = new MetricReadings(ProviderMetrics.MeterName);
        using var host = Client(_clock, ("Retries", "0"), ("BreakerCallsMin", "10"), ("BreakerOpenTime", "00:05:00"));
        var client = host.Services.GetRequiredService<ProviderClient>();
        await Wait.Until(
            async () => await Charge(client) is ChargeAnswer.NotDone { Reason: "the circuit breaker is open" },
            "an open breaker for the one who fails");

        _answer = HttpStatusCode.Created;

        Assert.IsType<ChargeAnswer.Succeeded>(await client.Charge(_wanted with { CustomerId = "bob" }, "tok_visa", Cancellation));
        Assert.Equal(1, readings.Now("shop.payment_provider.breaker.status", "open", "failing"));
        Assert.Equal(1, readings.Now("shop.payment_provider.breaker.status", "closed", "other"));
        // A call that the breaker refuses does not keep its customer among the failing ones.
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.IsType<ChargeAnswer.NotDone>(await Charge(client));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<ChargeAnswer.Succeeded>(await Charge(client));
    }

    [Fact]
    public async Task A_customer_whose_calls_hang_takes_no_more_than_a_share_of_them()
    {
        using var host = Client(("FailingCallsMax", "2"), ("AnswerTimeLimit", "00:01:00"));
        var client = host.Services.GetRequiredService<ProviderClient>();
        _answer = HttpStatusCode.InternalServerError;
        for (var failure = 0; failure < 3; failure++)
        {
            await Charge(client);
        }

        _latency = TimeSpan.FromMinutes(1);
        using var end = new CancellationTokenSource();
        var hanging = Enumerable.Range(0, 2).Select(_ => client.Charge(_wanted, "tok_visa", end.Token)).ToArray();
        await Wait.Until(() => _calls == 5, "both calls under way");

        Assert.IsType<ChargeAnswer.NotDone>(await Charge(client));
        Assert.All(hanging, call => Assert.False(call.IsCompleted));
        (_answer, _latency) = (HttpStatusCode.Created, TimeSpan.Zero);
        Assert.IsType<ChargeAnswer.Succeeded>(await client.Charge(_wanted with { CustomerId = "bob" }, "tok_visa", Cancellation));
        // The pipeline waits 30 seconds for calls that are under way when it is disposed of.
        await end.CancelAsync();
        Assert.All(await Task.WhenAll(hanging), answer => Assert.IsType<ChargeAnswer.Unknown>(answer));
    }

    [Fact]
    public async Task A_call_that_failed_for_certain_is_repeated_quickly()
    {
        using var host = Client(("Retries", "2"));

        Assert.Equal(new ChargeAnswer.NotDone("answered 503"), await Charge(host.Services.GetRequiredService<ProviderClient>()));

        Assert.Equal(3, _calls);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_call_that_may_have_had_an_effect_is_not_repeated(HttpStatusCode answer)
    {
        _answer = answer;
        using var host = Client(("Retries", "2"));

        Assert.IsType<ChargeAnswer.Unknown>(await Charge(host.Services.GetRequiredService<ProviderClient>()));

        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task A_call_without_an_answer_is_given_up_and_its_outcome_unknown()
    {
        (_answer, _latency) = (HttpStatusCode.Created, TimeSpan.FromMinutes(1));
        using var host = Client(("AnswerTimeLimit", "00:00:02"));

        Assert.IsType<ChargeAnswer.Unknown>(await Charge(host.Services.GetRequiredService<ProviderClient>()));

        Assert.Equal(1, _calls);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public async Task A_redirect_is_not_followed(int status)
    {
        var followed = 0;
        _redirect = status;
        _provider.MapFallback(() => Interlocked.Increment(ref followed));
        using var host = Client();

        Assert.IsType<ChargeAnswer.Unknown>(await Charge(host.Services.GetRequiredService<ProviderClient>()));

        Assert.Equal((1, 0), (_calls, followed));
    }

    [Fact]
    public async Task A_body_that_does_not_end_is_given_up_in_the_time_for_an_answer()
    {
        _answer = HttpStatusCode.Created;
        _drips = true;
        using var host = Client(("AnswerTimeLimit", "00:00:01"));

        var answer = await Charge(host.Services.GetRequiredService<ProviderClient>()).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        Assert.IsType<ChargeAnswer.Unknown>(answer);
    }

    [Fact]
    public async Task A_503_that_is_not_the_providers_own_word_may_have_had_an_effect()
    {
        _isPage = true;
        using var host = Client(("Retries", "2"));

        Assert.IsType<ChargeAnswer.Unknown>(await Charge(host.Services.GetRequiredService<ProviderClient>()));

        Assert.Equal(1, _calls);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_has_done_nothing()
    {
        await _provider.StopAsync(Cancellation);
        using var host = Client();

        Assert.IsType<ChargeAnswer.NotDone>(await Charge(host.Services.GetRequiredService<ProviderClient>()));
    }

    [Fact]
    public async Task The_metrics_tell_each_call_once_by_its_outcome_and_the_state_of_the_breaker()
    {
        using var readings = new MetricReadings(ProviderMetrics.MeterName);
        using var host = Client(("Retries", "2"), ("BreakerCallsMin", "5"), ("BreakerOpenTime", "00:01:00"));
        var client = host.Services.GetRequiredService<ProviderClient>();
        _answer = HttpStatusCode.Created;
        await ChargeAnybody(client);
        Assert.Equal(1, readings.Now("shop.payment_provider.breaker.status", "closed", "other"));

        _answer = HttpStatusCode.ServiceUnavailable;
        await Wait.Until(
            async () => await ChargeAnybody(client) is ChargeAnswer.NotDone { Reason: "the circuit breaker is open" }, "an open breaker");

        // A call and its retries count as one call, with the outcome of the last of them.
        Assert.Single(readings.Of("shop.payment_provider.call.duration", "charge", "succeeded"));
        Assert.All(readings.Of("shop.payment_provider.call.duration", "charge", "succeeded"), seconds => Assert.InRange(seconds, 0, 30));
        Assert.InRange(readings.Of("shop.payment_provider.call.duration", "charge", "not_done").Length, 2, _calls - 2);
        Assert.Equal(1, readings.Of("shop.payment_provider.breaker.openings").Sum());
        Assert.Equal(1, readings.Now("shop.payment_provider.breaker.status", "open", "other"));
        Assert.Equal(0, readings.Now("shop.payment_provider.breaker.status", "closed", "other"));
        Assert.Equal(0, readings.Now("shop.payment_provider.breaker.status", "half_open", "other"));
    }

    [Fact]
    public async Task Not_having_been_able_to_ask_is_an_unknown_outcome_in_the_metrics_too()
    {
        using var readings = new MetricReadings(ProviderMetrics.MeterName);
        await _provider.StopAsync(Cancellation);
        using var host = Client(("Retries", "0"));

        await host.Services.GetRequiredService<ProviderClient>().Ask(_wanted, Cancellation);

        Assert.Single(readings.Of("shop.payment_provider.call.duration", "ask", "unknown"));
    }

    static Task<ChargeAnswer> Charge(ProviderClient client) => client.Charge(_wanted, "tok_visa", Cancellation);

    static Task<ChargeAnswer> ChargeAnybody(ProviderClient client) =>
        client.Charge(_wanted with { CustomerId = Guid.NewGuid().ToString() }, "tok_visa", Cancellation);

    IHost Client(params (string Key, string Value)[] settings) => Client(TimeProvider.System, settings);

    IHost Client(TimeProvider clock, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(
            [new("CardNetwork:Url", _provider.Urls.First()), .. settings.Select(setting =>
                new KeyValuePair<string, string?>($"CardNetwork:{setting.Key}", setting.Value))]);
        builder.Services.AddSingleton(clock);
        builder.AddPaymentProvider();
        return builder.Build();
    }

    static WebApplication Build()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        return builder.Build();
    }
}
