using System.ComponentModel.DataAnnotations;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>With TLS, the broker's certificate must come from a trusted authority and name the configured host.</summary>
public sealed class TlsTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_go_out_and_come_in_by_tls()
    {
        await using var bank = await BankScenario.Open(servers);
        var (login, authority, _) = servers.ByTls(bank.Login);
        var replica = await bank.Start(
            "one",
            ("RabbitMq:Host", login.Host),
            ("RabbitMq:Port", $"{login.Port}"),
            ("RabbitMq:Tls", "true"),
            ("RabbitMq:CaFile", authority));
        var deposit = new Deposit(Guid.NewGuid(), bank.AccountId, 5);

        await replica.Publish(deposit);

        await bank.HandledOnce([deposit.DepositId], "deposit", "statement");
    }

    [Fact]
    public async Task A_broker_that_cannot_prove_who_it_is_gets_no_password()
    {
        var (login, authority, otherAuthority) = servers.ByTls(await servers.CreateVirtualHost("tls"));
        await using (var connection = await Connect(login, authority))
        {
            Assert.True(connection.IsOpen);
        }

        // The certificates: of another authority, of one that the machine does not know, and for another name.
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => Connect(login, otherAuthority));
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => Connect(login, null));
        await Assert.ThrowsAsync<BrokerUnreachableException>(() => Connect(login with { Host = "127.0.0.1" }, authority));
    }

    [Fact]
    public void Settings_that_would_leave_tls_out_or_trust_nobody_are_refused()
    {
        var file = Path.GetTempFileName();
        try
        {
            Assert.Equal(["means nothing without Tls", "the file holds no certificate in PEM form"], Problems(new() { CaFile = file }));
            Assert.Equal(["the file cannot be read"], Problems(new() { Tls = true, CaFile = "/no/such/file" }));
            Assert.Empty(Problems(new() { Tls = true }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    static Task<IConnection> Connect(BrokerLogin login, string? authority) => new RabbitMqOptions
    {
        Host = login.Host,
        Port = (ushort)login.Port,
        Username = login.Username,
        Password = login.Password,
        VirtualHost = login.VirtualHost,
        Tls = true,
        CaFile = authority,
    }.ConnectionFactory("tls test").CreateConnectionAsync(Cancellation);

    static IEnumerable<string?> Problems(RabbitMqOptions options) =>
        options.Validate(new ValidationContext(options)).Select(problem => problem.ErrorMessage);
}
