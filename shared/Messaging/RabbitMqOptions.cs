using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;

namespace Shop.Messaging;

/// <summary>The address of the broker and the service's login.</summary>
public sealed class RabbitMqOptions : IValidatableObject
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

    /// <summary>Speaks TLS with the broker, whose certificate must name <see cref="Host"/>. RabbitMQ's usual port for it is 5671.</summary>
    public bool Tls { get; init; }

    /// <summary>A PEM file with the authorities that may sign the broker's certificate, instead of those the machine trusts.</summary>
    public string? CaFile { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CaFile is null)
        {
            yield break;
        }

        if (!Tls)
        {
            yield return new("means nothing without Tls", [nameof(CaFile)]);
        }

        if (ProblemOf(CaFile) is { } problem)
        {
            yield return new(problem, [nameof(CaFile)]);
        }
    }

    static string? ProblemOf(string file)
    {
        try
        {
            return BrokerTls.ReadAuthorities(file).Count > 0 ? null : "the file holds no certificate in PEM form";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "the file cannot be read";
        }
        catch (CryptographicException)
        {
            return "the file holds no certificate in PEM form";
        }
    }
}
