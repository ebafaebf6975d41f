using System.ComponentModel.DataAnnotations;

namespace Shop.Messaging;

/// <summary>Where the broker is and who we are there.</summary>
public sealed class RabbitMqOptions
{
    public const string Section = "RabbitMq";

    [Required]
    public string Host { get; init; } = "";

    [Range(1, 65535)]
    public ushort Port { get; init; } = 5672;

    [Required]
    public string Username { get; init; } = "";

    [Required]
    public string Password { get; init; } = "";

    [Required]
    public string VirtualHost { get; init; } = "/";
}
