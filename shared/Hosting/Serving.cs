using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Shop.Hosting;

/// <summary>Runs a process: <c>migrate</c> brings the database up to date and ends; without arguments it serves.</summary>
public static class Serving
{
    const string MigrateMode = "migrate";

    /// <param name="map">Adds the service's own routes.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> ServeAsync<TDb>(
        this WebApplicationBuilder builder, string[] args, Action<WebApplication> map)
        where TDb : DbContext =>
        args is [MigrateMode, ..] ? Guarded(builder, Migrations.Apply<TDb>) : builder.ServeAsync(app =>
        {
            app.MapOpenApi().AllowAnonymous();
            map(app);
        });

    /// <summary>Serves until it is told to stop. Wrong settings end it with a line for each that names the key.</summary>
    /// <param name="map">Adds the process's own routes.</param>
    /// <param name="beforeAuthorization">Adds what must see also the requests that are turned away.</param>
    /// <param name="isPublic">True if the public reaches its port. Routes for operators are not shown there.</param>
    /// <returns>The process's exit code.</returns>
    public static Task<int> ServeAsync(
        this WebApplicationBuilder builder,
        Action<WebApplication> map,
        Action<WebApplication>? beforeAuthorization = null,
        bool isPublic = false) =>
        Guarded(builder, async app =>
        {
            // Before anything is built from them.
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            app.UseServiceDefaults(beforeAuthorization, isPublic);
            map(app);
            try
            {
                await app.StartAsync();
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // The process was told to stop before it was up, which is no failure.
                return 0;
            }

            await app.WaitForShutdownAsync();
            return 0;
        });

    static async Task<int> Guarded(WebApplicationBuilder builder, Func<WebApplication, Task<int>> run)
    {
        try
        {
            ProcessSettings.Check(builder.Configuration);
            await using var app = builder.Build();
            var exitCode = await run(app);
            LastExport.Send(app.Services);
            return exitCode;
        }
        catch (Exception error) when (ConfigurationErrors.Explain(error) is { } reasons)
        {
            var service = builder.Configuration["Service:Name"];
            foreach (var reason in reasons)
            {
                await Console.Error.WriteLineAsync($"{service}: configuration error: {reason}");
            }

            if (reasons.Count > 1)
            {
                await Console.Error.WriteLineAsync(
                    $"{service}: in a checkout, ./shop up --without {service} writes all settings for its launch profile (dotnet run, F5), and ./shop env {service} prints them.");
            }

            return 1;
        }
    }
}
