using System.ComponentModel.DataAnnotations;

namespace Shop.Messaging;

/// <summary>Limits of the messaging core. Every queue and batch in it is bounded by one of these.</summary>
public sealed class MessagingOptions
{
    public const string Section = "Messaging";

    /// <summary>Most messages, or HTTP writes, that share one transaction.</summary>
    [Range(1, 1000)]
    public int BatchSizeMax { get; init; } = 128;

    /// <summary>Messages of one endpoint in handlers at once; what does not fit into a batch waits for the next.</summary>
    [Range(1, 2000)]
    public int ConcurrentMessages { get; init; } = 256;

    /// <summary>Messages the broker may push ahead of their acknowledgement, per endpoint.</summary>
    [Range(1, 10_000)]
    public ushort PrefetchCount { get; init; } = 512;

    /// <summary>HTTP writes waiting for a transaction; above this a request is refused with 503.</summary>
    [Range(1, 100_000)]
    public int WaitingWritesMax { get; init; } = 2_000;

    /// <summary>Attempts to handle one message before it becomes a dead letter.</summary>
    [Range(1, 20)]
    public int Attempts { get; init; } = 4;

    /// <summary>Wait before the second attempt; doubles with each further one.</summary>
    [Range(1, 60_000)]
    public int RetryDelayMilliseconds { get; init; } = 100;

    /// <summary>Outbox rows published with pipelined confirms before they are deleted together.</summary>
    [Range(1, 10_000)]
    public int RelayBatchSize { get; init; } = 500;

    /// <summary>How often the relay looks for due rows without having been woken. Bounds how late a deadline fires.</summary>
    [Range(10, 60_000)]
    public int RelayPollMilliseconds { get; init; } = 250;

    /// <summary>How long the broker may take to confirm a batch before the relay reconnects.</summary>
    [Range(1, 300)]
    public int ConfirmTimeoutSeconds { get; init; } = 15;

    /// <summary>Unpublished rows of one replica above which HTTP writes are refused with 503.</summary>
    [Range(100, 100_000_000)]
    public int BacklogRowsMax { get; init; } = 200_000;

    /// <summary>How long a message id is remembered. A duplicate that arrives later would be handled again.</summary>
    [Range(1, 3650)]
    public int InboxRetentionDays { get; init; } = 7;

    /// <summary>How long dead letters are kept after they were replayed or discarded. Those that wait are kept for ever.</summary>
    [Range(1, 3650)]
    public int DeadLetterRetentionDays { get; init; } = 90;
}
