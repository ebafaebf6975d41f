using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Shop.Hosting.Tests;

/// <summary>A service made of Shop.Hosting and nothing else, on a real socket.</summary>
sealed class HostingProcess : IAsyncDisposable
{
    readonly CapturedLog _log = new();
    WebApplication _app = null!;
    Task<int> _run = null!;

    public HttpClient Client { get; } = new();

    /// <summary>What was logged with the levels of production.</summary>
    public IReadOnlyCollection<string> Log => _log.Lines;

    public static async Task<HostingProcess> Start(
        Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null, params (string Key, string Value)[] settings)
    {
        var process = new HostingProcess();
        var builder = Prepare(settings);
        builder.Logging.ClearProviders().AddProvider(process._log);
        configure?.Invoke(builder);

        var started = new TaskCompletionSource();
        process._run = builder.ServeAsync(app =>
        {
            process._app = app;
            app.Lifetime.ApplicationStarted.Register(started.SetResult);
            map(app);
        });
        await await Task.WhenAny(started.Task, process._run);
        process.Client.BaseAddress = new(process._app.Urls.Single());
        process.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Tokens.Customer());
        return process;
    }

    /// <summary>Runs a process that ends by itself.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> Run(Action<WebApplicationBuilder> configure)
    {
        var builder = Prepare();
        configure(builder);
        return builder.ServeAsync(_ => { });
    }

    public void BeginToStop() => _app.Lifetime.StopApplication();

    /// <returns>The exit code.</returns>
    public Task<int> Exit() => _run;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_run.IsCompleted)
        {
            BeginToStop();
        }

        Assert.Equal(0, await _run);
    }

    static WebApplicationBuilder Prepare(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(
        [
            new("urls", "http://127.0.0.1:0"),
            new("Authentication:Issuer", "shop"),
            new("Authentication:Audience", "shop"),
            new("Draining:Time", "00:00:00"),
            new("Logging:LogLevel:Default", "Information"),
            new("Logging:LogLevel:Microsoft", "Warning"),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value));
        if (builder.Configuration["Authentication:Authority"] is null)
        {
            builder.Configuration["Authentication:PublicKeyFile"] = Tokens.PublicKeyFile;
        }

        builder.AddServiceDefaults("test");
        return builder;
    }

    sealed class CapturedLog : ILoggerProvider, ILogger
    {
        readonly List<string> _lines = [];

        public IReadOnlyCollection<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add($"{logLevel} {formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
