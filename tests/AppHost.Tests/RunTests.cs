using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Shop.Launcher;
using Shop.Launcher.Processes;

namespace Shop.AppHost.Tests;

/// <summary>The AppHost on the servers of this machine, as F5 starts it. The commands of ./shop work with this system too.</summary>
public sealed partial class RunTests
{
    // The offset is no multiple of those that people choose, and far from the other tests'.
    const int PortsAbove = 2044;
    static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(5);

    readonly Checkout _checkout = new(
        Checkout.FindRoot(),
        new StateDirectory(Path.Combine(Checkout.FindRoot(), ".shop", $"{StateDirectory.TestPrefix}{Environment.ProcessId}")),
        new Ports(Ports.FromEnvironment().Offset + PortsAbove));

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_is_confirmed_and_the_launchers_commands_work_on_it()
    {
        try
        {
            await using var app = await Build();
            await Start(app);

            var order = await Shop("order --watch");

            Assert.Contains("Confirmed after", order, StringComparison.Ordinal);
            Assert.Contains("publish Payment:TakePayment", await Shop($"trace {OrderId().Match(order)}"), StringComparison.Ordinal);
            Assert.Contains("Confirmed", await Shop("orders"), StringComparison.Ordinal);
            await Shop("load --rate 5 --seconds 1");
            await Shop("audit --wait 60");
            Assert.Contains("Left to you: ", await Shop("status"), StringComparison.Ordinal);
        }
        finally
        {
            await Shop("down --wipe");
            Directory.Delete(_checkout.State.Path, recursive: true);
        }
    }

    async Task<DistributedApplication> Build()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [
                "--servers=local", $"--{Checkout.StateVariable}={_checkout.State.Path}", $"--{Ports.Variable}={_checkout.Ports.Offset}",
                // ./shop looks for them there.
                "--DcpPublisher:RandomizePorts=false",
            ],
            Cancellation);
        // Each health check of a program that has not started yet logs an error with its stack trace.
        builder.Services.AddLogging(logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
        return await builder.BuildAsync(Cancellation);
    }

    static async Task Start(DistributedApplication app)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(_startLimit);
        await app.StartAsync(limit.Token);
        foreach (var program in app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<ProjectResource>())
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(program.Name, WaitBehavior.StopOnResourceUnavailable, limit.Token);
        }
    }

    /// <returns>What the command prints; it must succeed.</returns>
    async Task<string> Shop(string arguments)
    {
        var result = await Tool.Run(
            ["dotnet", Path.Combine(_checkout.Root, "tools", "cli", "bin", "Release", "net10.0", "Shop.Cli.dll"), .. arguments.Split(' ')],
            environment: new Dictionary<string, string>
            {
                [Checkout.StateVariable] = _checkout.State.Path,
                [Ports.Variable] = $"{_checkout.Ports.Offset}",
            },
            cancellation: Cancellation);
        Assert.True(result.Succeeded, $"./shop {arguments}: {result.Output}");
        return result.Output;
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex OrderId();
}
