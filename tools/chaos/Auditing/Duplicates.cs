using Npgsql;
using Shop.Launcher;
using Shop.Launcher.Running;
using Shop.Launcher.Servers;

namespace Shop.Chaos.Auditing;

/// <summary>What the services' inboxes have dropped.</summary>
static class Duplicates
{
    /// <summary>Messages that were dropped although no broker or relay reported a second delivery, in all services together.</summary>
    public static async Task<long> Unexplained(Checkout checkout, CancellationToken cancellation)
    {
        var messages = 0L;
        foreach (var service in Replicas.Services)
        {
            await using var connection = await Databases.Of(checkout).OpenToRead(service, cancellation);
            await using var command = new NpgsqlCommand(
                $"select coalesce(sum(messages), 0)::bigint from {service}.message_accounts where action = 'unexplained'", connection);
            messages += (long)(await command.ExecuteScalarAsync(cancellation))!;
        }

        return messages;
    }
}
