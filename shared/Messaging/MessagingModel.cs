using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// The two tables of the messaging core as part of a service's own model, so that its migrations create them beside the
/// tables they share transactions with. Rows are written and read by set-based SQL (Inbox.cs, Outbox.cs, RelayStore.cs).
/// </summary>
public static class MessagingModel
{
    /// <summary>Adds the inbox and outbox tables, in the context's default schema.</summary>
    public static ModelBuilder AddMessaging(this ModelBuilder model)
    {
        model.Entity<InboxRow>(inbox =>
        {
            inbox.ToTable("inbox").HasKey(row => new { row.MessageId, row.Endpoint });
            inbox.Property(row => row.MessageId).HasColumnName("message_id");
            inbox.Property(row => row.Endpoint).HasColumnName("endpoint");
            inbox.Property(row => row.ReceivedAt).HasColumnName("received_at");
            // A block-range index costs next to nothing on an append-only column, and the purge by age needs no more.
            inbox.HasIndex(row => row.ReceivedAt).HasMethod("brin").HasDatabaseName("ix_inbox_received_at");
        });
        model.Entity<OutboxRow>(outbox =>
        {
            // One index serves the relay: what may go out now comes first, in the order of its insertion.
            outbox.ToTable("outbox").HasKey(row => new { row.Owner, row.DueAt, row.Seq });
            outbox.Property(row => row.Owner).HasColumnName("owner");
            outbox.Property(row => row.DueAt).HasColumnName("due_at");
            outbox.Property(row => row.Seq).HasColumnName("seq").UseIdentityAlwaysColumn();
            outbox.Property(row => row.MessageId).HasColumnName("message_id");
            outbox.Property(row => row.Exchange).HasColumnName("exchange");
            outbox.Property(row => row.Headers).HasColumnName("headers");
            outbox.Property(row => row.Body).HasColumnName("body");
            outbox.Property(row => row.CreatedAt).HasColumnName("created_at").HasDefaultValueSql("now()");
            outbox.HasIndex(row => row.MessageId)
                .HasFilter("due_at > '-infinity'")
                .HasDatabaseName("ix_outbox_scheduled_message_id");
        });
        return model;
    }

    sealed class InboxRow
    {
        public Guid MessageId { get; init; }
        public string Endpoint { get; init; } = "";
        public DateTimeOffset ReceivedAt { get; init; }
    }

    sealed class OutboxRow
    {
        /// <summary>The replica that publishes the row: the key of the advisory lock it holds while it lives.</summary>
        public long Owner { get; init; }

        /// <summary>Not before this database time; <c>-infinity</c> means at once.</summary>
        public DateTime DueAt { get; init; }

        public long Seq { get; init; }

        /// <summary>The receiver's inbox key. For a scheduled message also the token that cancels it.</summary>
        public Guid MessageId { get; init; }

        public string Exchange { get; init; } = "";

        /// <summary>Message type, correlation and trace context: a JSON object of strings.</summary>
        public string Headers { get; init; } = "";

        /// <summary>The message as UTF-8 JSON.</summary>
        public byte[] Body { get; init; } = [];

        public DateTimeOffset CreatedAt { get; init; }
    }
}
