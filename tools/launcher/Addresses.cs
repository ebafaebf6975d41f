using System.Globalization;

namespace Shop.Launcher;

/// <summary>
/// Where the parts of one system answer: on this machine, unless the environment names other places, as it does inside a container.
/// </summary>
public sealed record Addresses(Uri Gateway, Uri PaymentProvider, string PostgresHost, int PostgresPort, Uri RabbitMq, Uri Traces)
{
    const string GatewayVariable = "SHOP_GATEWAY";
    const string ProviderVariable = "SHOP_PAYMENT_PROVIDER";
    const string PostgresVariable = "SHOP_POSTGRES";
    const string RabbitMqVariable = "SHOP_RABBITMQ";
    public const string TracesVariable = "SHOP_TRACES";
    const string Here = "127.0.0.1";

    public static Addresses Local(Ports ports) => new(
        At(ports.Gateway), At(ports.PaymentProvider), Here, ports.Postgres, At(ports.RabbitMq.Management), At(ports.TraceViewer.Page));

    public static Addresses FromEnvironment(Ports ports)
    {
        var local = Local(ports);
        var (host, port) = Server(PostgresVariable) ?? (local.PostgresHost, local.PostgresPort);
        return new(
            Page(GatewayVariable) ?? local.Gateway,
            Page(ProviderVariable) ?? local.PaymentProvider,
            host,
            port,
            Page(RabbitMqVariable) ?? local.RabbitMq,
            Page(TracesVariable) ?? local.Traces);
    }

    static Uri At(int port) => new($"http://{Here}:{port}");

    static Uri? Page(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? Page(variable, text) : null;

    /// <param name="name">What the user has set, for the message.</param>
    /// <exception cref="UserError">It is no address.</exception>
    public static Uri Page(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
        : throw new UserError($"{name} must be an address such as http://localhost:8080, not \"{text}\".");

    static (string Host, int Port)? Server(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text)
        {
            return null;
        }

        return text.Split(':') is [{ Length: > 0 } host, var number]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                ? (host, port)
                : throw new UserError($"{variable} must be a host and a port such as localhost:5432, not \"{text}\".");
    }
}
