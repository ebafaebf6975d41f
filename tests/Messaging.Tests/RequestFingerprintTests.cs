namespace Shop.Messaging.Tests;

/// <summary>Answers are stored with the fingerprint, so it never changes.</summary>
public sealed class RequestFingerprintTests
{
    // SHA-256 of {"id":"bank-accounts-1"}.
    const string Golden = "A73B5F21F4F2ABBF4D4869CDCD71B14442763929BB8A2AA9D5175459C1E98FF2";

    [Fact]
    public void The_fingerprint_of_a_decision_about_a_dead_letter_never_changes() =>
        Assert.Equal(Golden, RequestFingerprint.Of<object>(new DeadLetterEndpoints.Decision("bank-accounts-1")));
}
