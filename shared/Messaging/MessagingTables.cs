using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>Schema-qualified names of the messaging tables of one service, quoted for SQL.</summary>
sealed record MessagingTables(string Inbox, string Outbox, string Leases, string DeadLetters, string Accounts)
{
    public static MessagingTables Of(DbContext db)
    {
        var schema = db.Model.GetDefaultSchema() ?? "public";
        return new(
            $"\"{schema}\".inbox",
            $"\"{schema}\".outbox",
            $"\"{schema}\".outbox_leases",
            $"\"{schema}\".dead_letters",
            $"\"{schema}\".message_accounts");
    }
}
