using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Shop.Hosting.Tests;

/// <summary>Programs in containers read secrets from files and find their own address for the health check.</summary>
public sealed class ContainerTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("shop-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(null, null, 8080)]
    [InlineData(null, "9090", 9090)]
    [InlineData(null, "9090;9091", 9090)]
    [InlineData("http://+:7070", "9090", 7070)]
    [InlineData("https://+:7071;http://0.0.0.0:7070", null, 7070)]
    [InlineData("http://127.0.0.1:7070", null, 7070)]
    [InlineData("https://+:7071", "9090", 9090)]
    public void The_health_check_asks_where_the_process_listens(string? urls, string? ports, int port) =>
        Assert.Equal(new Uri($"http://127.0.0.1:{port}"), SelfCheck.AddressOf(urls, ports));

    [Theory]
    [InlineData("health", true)]
    [InlineData("migrate", false)]
    [InlineData("", false)]
    public void Only_its_own_argument_asks_for_the_health_check(string arguments, bool isAsked) =>
        Assert.Equal(isAsked, SelfCheck.IsAsked(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Theory]
    [InlineData("https://provider.example/v1", true)]
    [InlineData("http://card-network:8080/", true)]
    [InlineData("http://127.0.0.1:5104/v1", false)]
    [InlineData("http://localhost:5104/v1", false)]
    [InlineData("http://[::1]:5104/v1", false)]
    public void The_environment_s_proxy_is_for_other_hosts(string address, bool isAsked)
    {
        var proxy = new Uri("http://proxy.example:3128");

        Assert.Equal(isAsked ? proxy : null, new OutgoingProxy(new WebProxy(proxy)).GetProxy(new(address)));
    }

    [Fact]
    public async Task A_file_of_the_folder_of_secrets_is_the_setting_it_is_named_after()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "Authentication__Audience"), "elsewhere\n", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(_folder, "kubernetes.io"));

        await using var process = await Start(("SHOP_SECRETS", _folder));

        Assert.Equal(
            HttpStatusCode.Unauthorized, (await process.Client.GetAsync("/thing", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Without_a_folder_of_secrets_there_is_nothing_to_read()
    {
        await using var nowhere = await Start(("SHOP_SECRETS", Path.Combine(_folder, "missing")));
        await using var unset = await Start();

        Assert.Equal(HttpStatusCode.OK, (await nowhere.Client.GetAsync("/thing", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await unset.Client.GetAsync("/thing", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Theory]
    [InlineData("Host=h;Database=d;Username=u", "apart", "apart")]
    [InlineData("Host=h;Database=d;Username=u;Password=inside", null, "inside")]
    [InlineData("Host=h;Database=d;Username=u;Password=inside", "apart", "apart")]
    public void A_password_of_its_own_joins_the_connection_string(string connection, string? password, string used) =>
        Assert.Equal(used, new DatabaseOptions { Database = connection, DatabasePassword = password }.Settings().Password);

    static Task<HostingProcess> Start(params (string Key, string Value)[] settings) =>
        HostingProcess.Start(app => app.MapGet("/thing", () => TypedResults.Ok()), settings: settings);
}
