using Microsoft.EntityFrameworkCore;

namespace Shop.Messaging;

/// <summary>
/// The tables of the messaging core as part of a service's own model, so that its migrations create them beside the
/// tables they share transactions with. Rows are written and read by set-based SQL (Inbox.cs, Outbox.cs, RelayStore.cs, DeadLetters.cs).
/// </summary>
public static class MessagingModel
{
    /// <summary>Adds the tables of inbox, outbox, dead letters, accounts and stored answers, in the context's default schema.</summary>
    public static ModelBuilder AddMessaging(this ModelBuilder model)
    {
        model.Entity<InboxRow>(inbox =>
        {
            inbox.ToTable("inbox").HasKey(row => new { row.MessageId, row.Endpoint });
            inbox.Property(row => row.MessageId).HasColumnName("message_id");
            inbox.Property(row => row.Endpoint).HasColumnName("endpoint");
            inbox.Property(row => row.Content).HasColumnName("content");
            inbox.Property(row => row.Copy).HasColumnName("copy");
            inbox.Property(row => row.ReceivedAt).HasColumnName("received_at");
            // The index finds the oldest rows. Block ranges would be cheaper, but do not work once new rows take the places of purged ones.
            inbox.HasIndex(row => row.ReceivedAt).HasDatabaseName("ix_inbox_age");
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
            outbox.Property(row => row.Deadline).HasColumnName("deadline");
            outbox.Property(row => row.Patience).HasColumnName("patience");
            outbox.Property(row => row.RefusedSince).HasColumnName("refused_since");
            outbox.HasIndex(row => row.MessageId)
                .HasFilter("due_at > '-infinity'")
                .HasDatabaseName("ix_outbox_scheduled_message_id");
            outbox.HasIndex(row => row.Deadline).HasFilter("deadline is not null").HasDatabaseName("ix_outbox_deadline");
        });
        model.Entity<LeaseRow>(lease =>
        {
            lease.ToTable("outbox_leases").HasKey(row => row.Owner);
            lease.Property(row => row.Owner).HasColumnName("owner").ValueGeneratedNever();
            lease.Property(row => row.Until).HasColumnName("until");
        });
        model.Entity<AccountRow>(account =>
        {
            account.ToTable("message_accounts").HasKey(row => new { row.Owner, row.Place, row.Action, row.Kind, row.Hour });
            account.Property(row => row.Owner).HasColumnName("owner");
            account.Property(row => row.Place).HasColumnName("place");
            account.Property(row => row.Action).HasColumnName("action");
            account.Property(row => row.Kind).HasColumnName("kind");
            account.Property(row => row.Hour).HasColumnName("hour");
            account.Property(row => row.Messages).HasColumnName("messages");
            account.Property(row => row.Ids).HasColumnName("ids");
            // Few rows, each updated again and again: room beside them spares the index.
            account.HasStorageParameter("fillfactor", 50);
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
        model.Entity<StoredAnswer>(answer =>
        {
            answer.ToTable(StoredAnswer.Table).HasKey(row => new { row.CustomerId, row.IdempotencyKey });
            answer.Property(row => row.CustomerId).HasColumnName("customer_id");
            answer.Property(row => row.IdempotencyKey).HasColumnName("idempotency_key");
            answer.Property(row => row.RequestHash).HasColumnName("request_hash");
            answer.Property(row => row.Status).HasColumnName("status");
            answer.Property(row => row.Answer).HasColumnName("answer").HasColumnType("jsonb");
            answer.Property(row => row.StoredAt).HasColumnName("stored_at");
            answer.HasIndex(row => row.StoredAt).HasDatabaseName("ix_stored_answers_age");
        });
        return model;
    }

    sealed class InboxRow
    {
        public Guid MessageId { get; init; }
        public string Endpoint { get; init; } = "";

        /// <summary>The hash of type and body. Null in rows of a release that did not write it.</summary>
        public Guid? Content { get; init; }

        /// <summary>True if the delivery that had its effect need not have been the only one.</summary>
        public bool? Copy { get; init; }

        public DateTimeOffset ReceivedAt { get; init; }
    }

    sealed class OutboxRow
    {
        /// <summary>The replica that publishes the row: the key of its <see cref="LeaseRow"/>.</summary>
        public long Owner { get; init; }

        /// <summary>The earliest time of publishing, by the database's clock. <c>-infinity</c> means at once.</summary>
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

        /// <summary>The scheduled message whose delay counts from when this one is out; null if there is none.</summary>
        public Guid? Deadline { get; init; }

        /// <summary>The delay of a scheduled message; null in rows of the release that did not write it.</summary>
        public TimeSpan? Patience { get; init; }

        /// <summary>When the broker refused it for the first time; null if it never did.</summary>
        public DateTimeOffset? RefusedSince { get; init; }
    }

    /// <summary>A replica publishes its rows of the outbox until this time of the database; after it they are anybody's.</summary>
    sealed class LeaseRow
    {
        public long Owner { get; init; }
        public DateTimeOffset Until { get; init; }
    }

    /// <summary>See <see cref="Tally"/>.</summary>
    sealed class AccountRow
    {
        /// <summary>The replica.</summary>
        public long Owner { get; init; }

        /// <summary>The lane in which it happened: an endpoint, or that of the writes.</summary>
        public string Place { get; init; } = "";

        public string Action { get; init; } = "";

        public string Kind { get; init; } = "";

        /// <summary>In which the messages were sent: see <see cref="MessageAccount"/>.</summary>
        public int Hour { get; init; }

        public long Messages { get; init; }

        /// <summary>The first halves of their ids, by exclusive or.</summary>
        public long Ids { get; init; }
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
