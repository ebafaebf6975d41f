using System.Net;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;
using Shop.Payment.Provider;

namespace Shop.Payment.Tests.Rules;

/// <summary>What a call to the payment provider without an answer means. Nothing was done only if the call never left.</summary>
public sealed class FailureMeaningsTests
{
    public static TheoryData<Exception> NeverLeft =>
    [
        new BrokenCircuitException(),
        new RateLimiterRejectedException(),
        new HttpRequestException(HttpRequestError.ConnectionError),
        new HttpRequestException(HttpRequestError.NameResolutionError),
        new HttpRequestException(HttpRequestError.SecureConnectionError),
        new HttpRequestException(HttpRequestError.ProxyTunnelError),
    ];

    public static TheoryData<Exception> MayHaveArrived =>
    [
        new TimeoutRejectedException(),
        new OperationCanceledException(),
        new HttpRequestException(HttpRequestError.ResponseEnded),
        new HttpRequestException(HttpRequestError.Unknown),
        new IOException(),
        new InvalidOperationException(),
    ];

    [Theory]
    [MemberData(nameof(NeverLeft))]
    public void A_charge_that_never_left_was_not_made(Exception error) =>
        Assert.IsType<ChargeAnswer.NotDone>(Meanings.OfFailure(error, isQuestion: false));

    [Theory]
    [MemberData(nameof(MayHaveArrived))]
    public void A_charge_that_may_have_arrived_is_unknown(Exception error) =>
        Assert.IsType<ChargeAnswer.Unknown>(Meanings.OfFailure(error, isQuestion: false));

    [Theory]
    [MemberData(nameof(NeverLeft))]
    [MemberData(nameof(MayHaveArrived))]
    public void A_question_that_could_not_be_asked_is_unknown(Exception error) =>
        Assert.IsType<ChargeAnswer.Unknown>(Meanings.OfFailure(error, isQuestion: true));

    [Fact]
    public void Only_401_and_403_are_about_the_key() => Assert.Equal(
        [401, 403],
        Enumerable.Range(100, 500).Where(status => Meanings.KeyIsRefused(Reply.Read((HttpStatusCode)status, []))));
}
