using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Launcher.Running;

/// <summary>How a process is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Health>))]
public enum Health
{
    [JsonStringEnumMemberName("ready")] Ready,
    /// <summary>It serves requests, though something it depends on is away.</summary>
    [JsonStringEnumMemberName("degraded")] Degraded,
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

        var health = record.Name switch
        {
            PostgresServer.Name => await PostgresHealth(cancellation),
            RabbitMqServer.Name => await AmqpGreeting.IsGiven(record.Port, cancellation) ? Health.Ready : Health.Unhealthy,
            _ => await HttpHealth(record.Port, cancellation),
        };
        return health == Health.Unhealthy && DateTimeOffset.UtcNow - record.StartedAt < _startTime ? Health.Starting : health;
    }

    static async Task<Health> HttpHealth(int port, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.GetAsync($"http://127.0.0.1:{port}/health/ready", cancellation);
            return !answer.IsSuccessStatusCode ? Health.Unhealthy
                : (await answer.Content.ReadFromJsonAsync<Report>(cancellation))?.Status == nameof(Health.Degraded) ? Health.Degraded
                : Health.Ready;
        }
        catch (Exception error) when (error is HttpRequestException or JsonException)
        {
            return Health.Unhealthy;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Health.Unhealthy;
        }
    }

    async Task<Health> PostgresHealth(CancellationToken cancellation)
    {
        var server = new PostgresServer(checkout.State, checkout.Ports.Postgres);
        try
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Timeout=3;Pooling=false");
            await connection.OpenAsync(cancellation);
            return Health.Ready;
        }
        catch (NpgsqlException)
        {
            return Health.Unhealthy;
        }
    }

    sealed record Report(string Status);
}
