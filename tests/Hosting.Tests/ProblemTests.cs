using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Shop.Hosting.Tests;

/// <summary>Answers of every service when its database or its own code fails.</summary>
public sealed class ProblemTests
{
    const string UnreachableDatabase = "Host=127.0.0.1;Port=1;Database=d;Username=u;Password=p";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failure_of_the_service_shows_a_trace_id_and_nothing_of_its_inside()
    {
        await using var process = await HostingProcess.Start(
            app => app.MapGet("/fail", string () => throw new InvalidOperationException("a secret of the service")));

        using var answer = await process.Client.GetAsync("/fail", Cancellation);

        var problem = await answer.IsProblem(HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("secret", problem.ToString());
        var line = Assert.Single(process.Log, line => line.Contains("a secret of the service"));
        Assert.StartsWith("Error HTTP: GET /fail failed", line);
    }

    [Theory]
    [InlineData("/nowhere", "GET", HttpStatusCode.NotFound)]
    [InlineData("/fail", "DELETE", HttpStatusCode.MethodNotAllowed)]
    public async Task An_address_that_is_not_served_is_a_problem(string address, string method, HttpStatusCode status)
    {
        await using var process = await HostingProcess.Start(app => app.MapGet("/fail", () => "fine"));

        var request = new HttpRequestMessage(new(method), address) { Headers = { { "Accept", "text/html" } } };
        using var answer = await process.Client.SendAsync(request, Cancellation);

        await answer.IsProblem(status);
    }

    [Fact]
    public async Task A_route_that_says_nothing_of_who_may_use_it_wants_a_token()
    {
        await using var process = await HostingProcess.Start(app => app.MapGet("/things", () => "fine"));
        process.Client.DefaultRequestHeaders.Authorization = null;

        using var answer = await process.Client.GetAsync("/things", Cancellation);

        await answer.IsProblem(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_database_that_is_away_is_named_and_costs_a_retry()
    {
        await using var process = await HostingProcess.Start(
            app => app.MapGet("/things", (EmptyDb db) => db.Database.ExecuteSqlAsync($"select 1")),
            builder => builder.AddDatabase<EmptyDb>("test"),
            ("ConnectionStrings:Database", UnreachableDatabase));

        using var answer = await process.Client.GetAsync("/things", Cancellation);
        using var ready = await process.Client.GetAsync("/health/ready", Cancellation);
        using var live = await process.Client.GetAsync("/health/live", Cancellation);

        await answer.IsProblem(HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(answer.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var check = JsonDocument.Parse(await ready.Content.ReadAsStringAsync(Cancellation)).RootElement
            .GetProperty("checks").GetProperty("database");
        Assert.Equal("Unhealthy", check.GetProperty("status").GetString());
        Assert.Equal("The database cannot be reached.", check.GetProperty("description").GetString());
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.DoesNotContain(process.Log, line => line.StartsWith("Error"));
    }

    [Theory]
    [InlineData(PostgresErrorCodes.AdminShutdown, Failure.DatabaseAway)]
    [InlineData(PostgresErrorCodes.CannotConnectNow, Failure.DatabaseAway)]
    [InlineData(PostgresErrorCodes.TooManyConnections, Failure.DatabaseAway)]
    [InlineData(PostgresErrorCodes.InvalidPassword, Failure.DatabaseAway)]
    [InlineData(PostgresErrorCodes.DiskFull, Failure.DatabaseAway)]
    [InlineData("25P03", Failure.DatabaseAway)]
    [InlineData(PostgresErrorCodes.DeadlockDetected, Failure.Passing)]
    [InlineData(PostgresErrorCodes.SerializationFailure, Failure.Passing)]
    [InlineData(PostgresErrorCodes.LockNotAvailable, Failure.Passing)]
    [InlineData(PostgresErrorCodes.QueryCanceled, Failure.Passing)]
    [InlineData(PostgresErrorCodes.UndefinedTable, Failure.Passing)]
    [InlineData(PostgresErrorCodes.InsufficientPrivilege, Failure.Passing)]
    [InlineData("XX000", Failure.Passing)]
    [InlineData(PostgresErrorCodes.UniqueViolation, Failure.Permanent)]
    [InlineData(PostgresErrorCodes.NumericValueOutOfRange, Failure.Permanent)]
    public async Task What_the_database_says_is_final_only_if_it_is_about_the_values_themselves(string sqlState, Failure failure)
    {
        var error = new DbUpdateException("saving failed", new PostgresException("message", "ERROR", "ERROR", sqlState));
        await using var process = await HostingProcess.Start(app => app.MapGet("/fail", string () => throw error));

        using var answer = await process.Client.GetAsync("/fail", Cancellation);

        Assert.Equal(failure, Failures.Of(error));
        await answer.IsProblem(failure == Failure.Permanent ? HttpStatusCode.InternalServerError : HttpStatusCode.ServiceUnavailable);
        Assert.Equal(failure != Failure.Permanent, answer.Headers.RetryAfter?.Delta is not null);
    }

    [Theory]
    [InlineData(null, "Look before you send it again")]
    [InlineData("my-key", "Sent again with the same Idempotency-Key")]
    public async Task An_outcome_that_nobody_knows_is_no_reason_to_try_again_blindly(string? key, string advice)
    {
        // The inner exception alone would mean that the database is away and the request can be retried.
        var error = new UnknownOutcomeException("not answered", new NpgsqlException("connection lost"));
        await using var process = await HostingProcess.Start(app => app.MapPost("/things", string () => throw error));
        process.Client.DefaultRequestHeaders.Add("Idempotency-Key", key is null ? [] : [key]);

        using var answer = await process.Client.PostAsync("/things", null, Cancellation);

        var problem = await answer.IsProblem(HttpStatusCode.InternalServerError);
        Assert.Equal((Problems.OutcomeUnknown, null), (problem.GetProperty("type").GetString(), answer.Headers.RetryAfter));
        Assert.Contains(advice, problem.Detail());
        Assert.Contains(process.Log, line => line.StartsWith("Error") && line.Contains("connection lost"));
    }

    [Fact]
    public void An_error_that_nobody_has_listed_passes()
    {
        Assert.Equal(Failure.Passing, Failures.Of(new IOException("")));
        Assert.Equal(Failure.Passing, Failures.Of(new AggregateException(new TimeoutException())));
        Assert.Equal(
            Failure.DatabaseAway, Failures.Of(new InvalidOperationException("", new NpgsqlException("", new ObjectDisposedException("")))));
        Assert.Equal(Failure.Permanent, Failures.Of(new InvalidCastException()));
    }

    [Fact]
    public async Task A_client_that_goes_away_is_no_failure()
    {
        var entered = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await using var process = await HostingProcess.Start(app => app.MapGet("/wait", async (HttpContext http) =>
        {
            entered.SetResult();
            http.RequestAborted.Register(left.SetResult);
            await left.Task;
            throw new InvalidOperationException("as some libraries say it");
        }));

        using var cancellation = new CancellationTokenSource();
        var request = process.Client.GetAsync("/wait", cancellation.Token);
        await entered.Task;
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await left.Task;

        // The connection has handled the request completely when the next one is answered.
        using var next = await process.Client.GetAsync("/health/live", Cancellation);
        Assert.DoesNotContain(process.Log, line => line.StartsWith("Error") || line.StartsWith("Warning"));
    }

    sealed class EmptyDb(DbContextOptions<EmptyDb> options) : DbContext(options);
}
