using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// The tables of the messaging core as part of a service's own model, so that its migrations create them beside the
/// tables they share transactions with. Rows are written and read by set-based SQL (Inbox.cs, Outbox.cs, RelayStore.cs, DeadLetters.cs).
/// </summary>
public static class MessagingModel
{
    /// <summary>Adds the tables of inbox, outbox and dead letters, in the context's default schema.</summary>
    public static ModelBuilder AddMessaging(this ModelBuilder model)
    {
        model.Entity<InboxRow>(inbox =>
        {
            inbox.ToTable("inbox").HasKey(row => new { row.MessageId, row.Endpoint });
            inbox.Property(row => row.MessageId).HasColumnName("message_id");
            inbox.Property(row => row.Endpoint).HasColumnName("endpoint");
            inbox.Property(row => row.Content).HasColumnName("content");
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
        model.Entity<LeaseRow>(lease =>
        {
            lease.ToTable("outbox_leases").HasKey(row => row.Owner);
            lease.Property(row => row.Owner).HasColumnName("owner").ValueGeneratedNever();
            lease.Property(row => row.Until).HasColumnName("until");
        });
        model.Entity<DeadLetterRow>(letter =>
        {
            letter.ToTable("dead_letters").HasKey(row => row.Id);
            letter.Property(row => row.Id).HasColumnName("id");
            letter.Property(row => row.Endpoint).HasColumnName("endpoint");
            letter.Property(row => row.MessageId).HasColumnName("message_id");
            letter.Property(row => row.MessageType).HasColumnName("message_type");
            letter.Property(row => row.Headers).HasColumnName("headers");
            letter.Property(row => row.Body).HasColumnName("body");
            letter.Property(row => row.Reason).HasColumnName("reason");
            letter.Property(row => row.ExceptionType).HasColumnName("exception_type");
            letter.Property(row => row.StackTrace).HasColumnName("stack_trace");
            letter.Property(row => row.TraceId).HasColumnName("trace_id");
            letter.Property(row => row.Failures).HasColumnName("failures");
            letter.Property(row => row.FirstFailedAt).HasColumnName("first_failed_at").HasDefaultValueSql("now()");
            letter.Property(row => row.LastFailedAt).HasColumnName("last_failed_at").HasDefaultValueSql("now()");
            letter.Property(row => row.Status).HasColumnName("status");
            letter.Property(row => row.DecidedBy).HasColumnName("decided_by");
            letter.Property(row => row.DecidedAt).HasColumnName("decided_at");
            letter.HasIndex(row => new { row.Status, row.LastFailedAt }).HasDatabaseName("ix_dead_letters_status");
        });
        return model;
    }

    sealed class InboxRow
    {
        public Guid MessageId { get; init; }
        public string Endpoint { get; init; } = "";

        /// <summary>Of type and body; null in rows of the release that did not write it.</summary>
        public Guid? Content { get; init; }

        public DateTimeOffset ReceivedAt { get; init; }
    }

    sealed class OutboxRow
    {
        /// <summary>The replica that publishes the row: the key of its <see cref="LeaseRow"/>.</summary>
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

    /// <summary>A replica publishes its rows of the outbox until this time of the database; after it they are anybody's.</summary>
    sealed class LeaseRow
    {
        public long Owner { get; init; }
        public DateTimeOffset Until { get; init; }
    }

    /// <summary>See <see cref="DeadLetter"/>; headers and body are kept as an outbox row has them.</summary>
    sealed class DeadLetterRow
    {
        public string Id { get; init; } = "";
        public string Endpoint { get; init; } = "";
        public Guid? MessageId { get; init; }
        public string MessageType { get; init; } = "";
        public string Headers { get; init; } = "";
        public byte[] Body { get; init; } = [];
        public string Reason { get; init; } = "";
        public string ExceptionType { get; init; } = "";
        public string? StackTrace { get; init; }
        public string? TraceId { get; init; }
        public int Failures { get; init; }
        public DateTimeOffset FirstFailedAt { get; init; }
        public DateTimeOffset LastFailedAt { get; init; }
        public string Status { get; init; } = "";
        public string? DecidedBy { get; init; }
        public DateTimeOffset? DecidedAt { get; init; }
    }
}
