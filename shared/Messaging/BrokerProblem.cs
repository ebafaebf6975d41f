using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace Shop.Messaging;

/// <summary>Why messages do not go out, in words that say what to do.</summary>
static class BrokerProblem
{
    /// <summary>Why there is no connection, or none any more.</summary>
    public static string Of(Exception error, RabbitMqOptions options) => CauseOf(error) switch
    {
        AuthenticationFailureException =>
            $"The message broker refuses the login of user {options.Username}: the user is gone, or the password is another. Make the user, or give the "
                + "service its password (RabbitMq:Username, RabbitMq:Password).",
        OperationInterruptedException { ShutdownReason: { ReplyCode: Constants.NotAllowed or Constants.AccessRefused } reason } =>
            $"The message broker does not let user {options.Username} into the virtual host {options.VirtualHost} ({reason.ReplyText}). Make both as deploy/rabbitmq/access.json "
            + "has them (RabbitMq:VirtualHost).",
        OperationInterruptedException { ShutdownReason.ReplyText: { } text } => $"The message broker has closed the connection: {text}.",
        NpgsqlException or InvalidOperationException or OperationCanceledException =>
            $"The database cannot be used: {error.Message.TrimEnd('.')}.",
        // The client wraps its own exceptions.
        _ when error is TimeoutException => $"{error.Message}. See what keeps it busy, and how large its queues are.",
        var cause =>
            $"The message broker cannot be reached: {cause.Message.TrimEnd('.')}. Is it up, and can it be reached at {options.Host}:{options.Port}?",
    };

    /// <summary>Why it takes no messages though it is there.</summary>
    /// <param name="reason">In its own words.</param>
    public static string OfAlarm(string reason) =>
        $"The message broker takes no messages: {reason}. "
        + (reason.Contains("disk", StringComparison.OrdinalIgnoreCase)
            ? "Give its disk free space, above disk_free_limit."
            : "See what fills its queues, or give it more memory (vm_memory_high_watermark).");

    /// <summary>Why an exchange cannot be used.</summary>
    public static string OfExchange(ShutdownEventArgs? reason, string otherwise) =>
        (reason?.ReplyText ?? otherwise)
        + (reason?.ReplyCode == Constants.AccessRefused ? ". Give the user the rights of deploy/rabbitmq/access.json" : "");

    // The client wraps it in "none of the specified endpoints were reachable".
    static Exception CauseOf(Exception error)
    {
        while (error is BrokerUnreachableException or AggregateException && error.InnerException is { } inner)
        {
            error = inner;
        }

        return error;
    }
}
