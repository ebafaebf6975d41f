using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;

namespace Shop.Hosting.Tests;

/// <summary>The output on standard error of a process that cannot start with its settings.</summary>
[Collection(nameof(SettingsTests)), CollectionDefinition(nameof(SettingsTests), DisableParallelization = true)]
public sealed class SettingsTests
{
    [Fact]
    public async Task Each_missing_setting_is_a_line_of_its_own_and_the_last_line_says_where_they_come_from()
    {
        var (exitCode, lines) = await Run();

        Assert.Equal(1, exitCode);
        Assert.Equal(
            [
                "test: configuration error: Authentication:Issuer: The Issuer field is required.",
                "test: configuration error: Authentication:Audience: The Audience field is required.",
                "test: configuration error: ConnectionStrings:Database: The Database field is required.",
                "test: in a checkout, ./shop up --without test writes all settings for its launch profile (dotnet run, F5), and ./shop env test prints them.",
            ],
            lines);
    }

    [Fact]
    public async Task A_change_of_what_is_stored_without_a_migration_is_one_sentence()
    {
        // There is no database, because the check runs before a connection.
        var (exitCode, lines) = await Run("migrate");

        Assert.Equal(1, exitCode);
        var line = Assert.Single(lines);
        Assert.StartsWith("test: the classes it stores have changed since its last migration.", line, StringComparison.Ordinal);
        Assert.Contains("dotnet ef migrations add", line, StringComparison.Ordinal);
    }

    static async Task<(int ExitCode, string[] Lines)> Run(params string[] arguments)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.AddServiceDefaults("test");
        builder.AddDatabase<ThingsDbContext>("test");
        if (arguments is not [])
        {
            builder.Configuration["ConnectionStrings:Database"] = "Host=127.0.0.1;Port=1;Database=test;Username=test";
        }

        var (error, said) = (Console.Error, new StringWriter());
        Console.SetError(said);
        try
        {
            var exitCode = await builder.ServeAsync<ThingsDbContext>(arguments, _ => { });
            return (exitCode, said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            Console.SetError(error);
        }
    }

    sealed class ThingsDbContext(DbContextOptions<ThingsDbContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Thing>();
    }

    sealed class Thing
    {
        public int Id { get; init; }
    }
}
