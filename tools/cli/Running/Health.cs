using System.Text.Json.Serialization;
using Npgsql;
using Shop.Cli.Processes;
using Shop.Cli.Servers;

namespace Shop.Cli.Running;

[JsonConverter(typeof(JsonStringEnumConverter<Health>))]
enum Health
{
    [JsonStringEnumMemberName("ready")] Ready,
    [JsonStringEnumMemberName("starting")] Starting,
    [JsonStringEnumMemberName("unhealthy")] Unhealthy,
    [JsonStringEnumMemberName("dead")] Dead,
}

/// <summary>Asks the processes of one system how they are.</summary>
sealed class HealthCheck(Checkout checkout)
{
    static readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    static readonly TimeSpan _startTime = TimeSpan.FromSeconds(60);

    public async Task<Health> Of(ProcessRecord record, CancellationToken cancellation)
    {
        if (!record.IsAlive)
        {
            return Health.Dead;
        }

        var ready = record.Name switch
        {
            PostgresServer.Name => await PostgresAnswers(cancellation),
            RabbitMqServer.Name => await AmqpGreeting.IsGiven(record.Port, cancellation),
            _ => await HttpIsReady(record.Port, cancellation),
        };
        return ready ? Health.Ready
            : DateTimeOffset.UtcNow - record.StartedAt < _startTime ? Health.Starting
            : Health.Unhealthy;
    }

    static async Task<bool> HttpIsReady(int port, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.GetAsync($"http://127.0.0.1:{port}/health/ready", cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    async Task<bool> PostgresAnswers(CancellationToken cancellation)
    {
        var server = new PostgresServer(checkout.State, checkout.Ports.Postgres);
        try
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Timeout=3;Pooling=false");
            await connection.OpenAsync(cancellation);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
