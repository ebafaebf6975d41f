using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Shop.Messaging.Tests.Bank;
using Shop.Support;

namespace Shop.Messaging.Tests;

/// <summary>If a running broker refuses a service, readiness and log say so, and what to do.</summary>
public sealed class BrokerConditionTests(TestServers servers)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("vm_memory_high_watermark", "0.00001", "0.4", "low on memory", "vm_memory_high_watermark")]
    [InlineData("disk_free_limit", "100000GB", "50MB", "low on disk", "disk_free_limit")]
    public async Task An_alarm_is_told_and_when_it_is_over_everything_goes_out_once(
        string setting, string alarming, string harmless, string reason, string remedy)
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one", ("Messaging:ConfirmTimeoutSeconds", "2"));
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Announced>());
        await servers.Control("set_" + setting, alarming);
        try
        {
            await replica.Publish(new Announced("during the alarm"));

            var told = await WaitForDescription(replica, reason);
            Assert.Contains(remedy, told, StringComparison.Ordinal);
            Assert.Contains(replica.Log.Lines, line => line.Contains(reason, StringComparison.Ordinal));
            // The time is longer than a broker may be silent.
            await WaitForDescription(replica, reason, forSeconds: 5);
            await replica.Publish(new Announced("later"));
        }
        finally
        {
            await servers.Control("set_" + setting, harmless);
        }

        await Wait.Until(async () => received.Count >= 2 && await bank.Sql.CountOutbox() == 0, "both out");
        await Wait.Until(async () => await Description(replica) is null, "a healthy relay");
        Assert.Equal(2, received.Count);
        Assert.Single(replica.Log.Lines, line => line.Contains("Messages wait in the outbox: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_who_is_gone_or_has_another_password_is_told()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        await servers.Manage(HttpMethod.Put, $"users/{bank.Login.Username}", new { password = "another", tags = "" });
        await servers.CloseConnections(bank.Login);
        Assert.Contains(
            "RabbitMq:Password",
            await WaitForDescription(replica, $"refuses the login of user {bank.Login.Username}"),
            StringComparison.Ordinal);
        await servers.Manage(HttpMethod.Delete, $"users/{bank.Login.Username}", null);
        await WaitForDescription(replica, $"refuses the login of user {bank.Login.Username}");
        var depositId = Guid.NewGuid();
        await replica.Publish(new Deposit(depositId, bank.AccountId, 1));

        await servers.Restore(bank.Login);
        await bank.HandledOnce([depositId], "deposit", "statement");
    }

    [Fact]
    public async Task A_virtual_host_that_is_gone_or_closed_to_us_is_told()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");

        await servers.Manage(HttpMethod.Delete, $"permissions/{bank.Login.VirtualHost}/{bank.Login.Username}", null);
        await servers.CloseConnections(bank.Login);
        Assert.Contains(
            "access.json",
            await WaitForDescription(replica, $"into the virtual host {bank.Login.VirtualHost}"),
            StringComparison.Ordinal);
        await servers.Manage(HttpMethod.Delete, $"vhosts/{bank.Login.VirtualHost}", null);
        await WaitForDescription(replica, "not found");
        var depositId = Guid.NewGuid();
        await replica.Publish(new Deposit(depositId, bank.AccountId, 1));

        await servers.Restore(bank.Login);
        await bank.HandledOnce([depositId], "deposit", "statement");
    }

    [Fact]
    public async Task A_permission_that_is_gone_is_told_and_stops_what_needs_it_alone()
    {
        await using var bank = await BankScenario.Open(servers);
        var replica = await bank.Start("one");
        var received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        await replica.Publish(new Note("before", 1));
        await Wait.Until(() => received.Count == 1, "the first note");
        var rights = new { configure = ".*", write = "^bank-.*|.*:(Deposit.*|Announced).*", read = ".*" };
        await servers.Manage(HttpMethod.Put, $"permissions/{bank.Login.VirtualHost}/{bank.Login.Username}", rights);
        // The broker caches the rights of a channel for a while.
        await servers.CloseConnections(bank.Login);
        var depositIds = BankScenario.NewIds(200);

        await replica.Publish(new Note("forbidden", 2));
        await Task.WhenAll(depositIds.Select(id => replica.Publish(new Deposit(id, bank.AccountId, 1))));

        var told = await WaitForDescription(replica, $"messages for {RawBroker.ExchangeOf<Note>()}: ACCESS_REFUSED");
        Assert.Contains("Give the user the rights of deploy/rabbitmq/access.json", told, StringComparison.Ordinal);
        await bank.Handled("statement", depositIds);
        await servers.Restore(bank.Login);
        received = await bank.Broker.Tap(RawBroker.ExchangeOf<Note>());
        await Wait.Until(() => received.Count == 1, "the second note");
        await bank.HandledOnce(depositIds, "deposit", "statement");
        Assert.Null(await Description(replica));
    }

    static async Task<string> WaitForDescription(Replica replica, string what, int forSeconds = 0)
    {
        var told = await Wait.Until(
            () => Description(replica),
            description => description?.Contains(what, StringComparison.Ordinal) == true,
            $"'{what}' in readiness");
        for (var second = 0; second < forSeconds; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
            Assert.Equal(told, await Description(replica));
        }

        return told!;
    }

    static async Task<string?> Description(Replica replica)
    {
        var report = await replica.Services.GetRequiredService<HealthCheckService>()
            .CheckHealthAsync(check => check.Name == "outbox-relay", Cancellation);
        return report.Entries["outbox-relay"].Description;
    }
}
