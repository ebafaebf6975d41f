using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shop.Launcher;

namespace Shop.AppHost.Tests;

/// <summary>What the AppHost would start, with a state directory of its own; nothing is started.</summary>
public sealed class Model : IAsyncDisposable
{
    public const string Local = "local";
    public const string Containers = "containers";

    // The limit ends the wait for a value that exists only in a running system, such as the address of a container.
    static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);

    readonly IDistributedApplicationTestingBuilder _builder;

    Model(IDistributedApplicationTestingBuilder builder, StateDirectory state) => (_builder, State) = (builder, state);

    internal StateDirectory State { get; }

    public IEnumerable<IResource> Resources => _builder.Resources;

    public static async Task<Model> Of(string servers)
    {
        var state = new StateDirectory(Directory.CreateTempSubdirectory("shop-apphost-").FullName);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            [$"--servers={servers}", $"--{Checkout.StateVariable}={state.Path}", $"--{Ports.Variable}=0"],
            TestContext.Current.CancellationToken);
        return new(builder, state);
    }

    public T Find<T>(string name) where T : IResource => Resources.OfType<T>().Single(resource => resource.Name == name);

    /// <summary>The environment variables of a resource: their values, or for the model's text what stands there for each.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Settings(IResource resource, DistributedApplicationOperation operation)
    {
        // The AppHost does this when it starts.
        foreach (var endpoint in Resources.SelectMany(other => other.Annotations.OfType<EndpointAnnotation>())
            .Where(endpoint => endpoint.Port is not null))
        {
            endpoint.AllocatedEndpoint ??= new(endpoint, "localhost", endpoint.Port!.Value);
        }

        var configuration = await ExecutionConfigurationBuilder.Create(resource).WithEnvironmentVariablesConfig().WithArgumentsConfig()
            .BuildAsync(new(operation), NullLogger.Instance, TestContext.Current.CancellationToken)
            .WaitAsync(_limit, TestContext.Current.CancellationToken);
        return configuration.EnvironmentVariables.ToDictionary();
    }

    public static string[] WaitedFor(IResource resource, WaitType type) =>
        [.. resource.Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType == type).Select(wait => wait.Resource.Name)];

    public async ValueTask DisposeAsync()
    {
        await _builder.DisposeAsync();
        Directory.Delete(State.Path, recursive: true);
    }
}
