using System.Diagnostics;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using Shop.Chaos.Auditing;
using Shop.Launcher;
using Shop.Launcher.Client;
using Shop.Launcher.Processes;
using Shop.Support;

namespace Shop.EndToEnd.Tests;

/// <summary>
/// The whole system, started by the command a user types, with two replicas of every service, beside and apart from one
/// that may be running. Waits are shortened by the same settings an operator has.
/// </summary>
public sealed class ShopSystem : IAsyncLifetime
{
    const int PortsAbove = 1700;
    static readonly TimeSpan _commandLimit = TimeSpan.FromMinutes(4);

    static readonly Dictionary<string, string> _settings = new()
    {
        // The limits are long enough for a busy machine, because an order that ends without an answer is a failure.
        ["OrderSaga__PaymentTimeLimit"] = "00:00:25",
        ["OrderSaga__CompensationTimeLimit"] = "00:00:05",
        ["CardNetwork__AnswerTimeLimit"] = "00:00:02",
    };

    readonly EndingsWatch _endings;
    readonly Checkout _checkout;
    readonly HttpClient _http;

    public ShopSystem()
    {
        var root = Checkout.FindRoot();
        var state = new StateDirectory(Path.Combine(root, ".shop", "test-end-to-end"));
        _checkout = new(root, state, new Ports(Ports.FromEnvironment().Offset + PortsAbove));
        _endings = new(_checkout);
        _http = new() { BaseAddress = new($"http://127.0.0.1:{_checkout.Ports.Gateway}"), Timeout = TimeSpan.FromSeconds(30) };
    }

    internal Checkout Checkout => _checkout;

    public async ValueTask InitializeAsync()
    {
        // Removes the remains of an interrupted run.
        await Shop("down --wipe");
        await Shop("up --replicas ordering=2,inventory=2,payment=2");
    }

    public async ValueTask DisposeAsync()
    {
        await Shop("down --wipe");
        _http.Dispose();
    }

    /// <summary>A bearer token of this system, as <c>./shop token</c> makes it.</summary>
    public string Token(string name = "alice", string role = Tokens.Customer, TimeSpan? lifetime = null, TimeProvider? clock = null) =>
        new Tokens(_checkout.State.Secrets, clock ?? TimeProvider.System).Issue(name, role, lifetime ?? TimeSpan.FromHours(1));

    /// <summary>Runs ./shop with this system's state and ports.</summary>
    /// <returns>What it printed.</returns>
    public Task<string> Shop(string arguments, bool mayFail = false, params (string Key, string Value)[] settings) => RunProgram(
        Path.Combine(_checkout.Root, "tools", "cli", "bin", "Release", "net10.0", "Shop.Cli.dll"),
        arguments,
        mayFail,
        new Dictionary<string, string>(
            [.. _settings, .. settings.Select(setting => new KeyValuePair<string, string>(setting.Key, setting.Value))]));

    public async Task<string> RunProgram(
        string assembly, string arguments, bool mayFail, IReadOnlyDictionary<string, string>? settings = null)
    {
        var start = new ProcessStartInfo("dotnet", $"\"{assembly}\" {arguments}")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
        };
        foreach (var (key, value) in settings ?? _settings)
        {
            start.Environment[key] = value;
        }

        start.Environment["SHOP_STATE"] = _checkout.State.Path;
        start.Environment[Ports.Variable] = $"{_checkout.Ports.Offset}";
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(_commandLimit);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(mayFail || process.ExitCode == 0, $"{Path.GetFileName(assembly)} {arguments} failed:\n{output}");
        return output.ToString();
    }

    /// <param name="token">Null for nobody.</param>
    public Task<Answer> Send(
        HttpMethod method, string path, string? token, string? json = null, params (string Name, string Value)[] headers) =>
        Answer.To(_http, method, path, token, json, headers);

    public Task<Answer> Place(string token, string sku = "MUG-01", int quantity = 1, string payment = "tok_visa", string? key = null) =>
        Send(
            HttpMethod.Post,
            "/orders",
            token,
            $$"""{"items":[{"sku":"{{sku}}","quantity":{{quantity}}}],"paymentMethod":"{{payment}}"}""",
            key is null ? [] : [("Idempotency-Key", key)]);

    /// <summary>Waits until an order has ended.</summary>
    public Task<JsonElement> End(Guid orderId, string token, int seconds = 60) =>
        Reach(orderId, token, seconds, "Confirmed", "Cancelled");

    public async Task<JsonElement> Reach(Guid orderId, string token, int seconds, params string[] statuses)
    {
        var order = default(JsonElement);
        await Until(
            async () =>
            {
                var answer = await Send(HttpMethod.Get, $"/orders/{orderId}", token);
                order = answer.Status == 200 ? answer.Json : default;
                return answer.Status == 200 && statuses.Contains(order.GetProperty("status").GetString());
            },
            seconds,
            () => $"order {orderId} to be {string.Join(" or ", statuses)}; it is {order}");
        return order;
    }

    /// <summary>Waits for a condition. A failed request on the way counts as "not yet".</summary>
    public static async Task Until(Func<Task<bool>> condition, int seconds, Func<string> what)
    {
        var clock = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        Exception? last = null;
        while (clock.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            try
            {
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                last = error;
            }

            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Waited {seconds} s for {what()}. {last?.Message}");
    }

    /// <summary>The broker, with the login of a service.</summary>
    public Task<IConnection> ConnectAs(string service) =>
        Chaos.Drills.Faults.BrokerLogin.Open(_checkout, service, TestContext.Current.CancellationToken);

    public void Kill(string process)
    {
        _endings.Died(process);
        BackgroundProcess.Kill(Find(process));
    }

    internal ProcessRecord Find(string process) =>
        _checkout.State.Processes.Find(process) ?? throw new InvalidOperationException($"There is no process {process}.");

    /// <summary>
    /// Waits until everything in flight has ended, and checks that no promise is broken and no order ended without a reason.
    /// </summary>
    public async Task MustBeClean(int seconds = 90)
    {
        var result = await new Audit(_checkout).Run(TimeSpan.FromSeconds(seconds), _ => { }, TestContext.Current.CancellationToken);
        var violations = result.Invariants.SelectMany(invariant => invariant.Violations.Take(5).Select(
            violation => $"{invariant.Name}: {violation.Subject}: expected {violation.Expected}, found {violation.Found}"));
        Assert.True(result.Ok, string.Join('\n', violations));
        await _endings.MustHaveReasons();
    }

    static void Append(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }
}
