using System.Text.Json;
using Shop.Launcher;
using Shop.Launcher.Processes;

namespace Shop.Cli.Tests;

/// <summary>The script ./shop, in a checkout of its own with a fake dotnet that records its arguments.</summary>
public sealed class ShopScriptTests : IDisposable
{
    const string Program = "tools/cli/bin/Release/net10.0/Shop.Cli.dll";

    string _root = Directory.CreateTempSubdirectory("shop-script-").FullName;

    public ShopScriptTests() => Copy(Checkout.FindRoot());

    [Theory]
    [InlineData("status")]
    [InlineData("logs --follow")]
    [InlineData("order --watch")]
    [InlineData("token up")]
    [InlineData("down --wipe")]
    [InlineData("up --help")]
    [InlineData("--target compose audit")]
    [InlineData("")]
    public async Task What_only_looks_takes_what_was_built_last(string command)
    {
        await Built();
        Write("services/PlaceOrder.cs", "does not compile");

        var result = await Shop(command, buildSucceeds: false);

        Assert.Equal((0, $"run {command}".Trim()), (result.ExitCode, result.Output.Trim()));
    }

    [Theory]
    [InlineData("up")]
    [InlineData("restart ordering")]
    [InlineData("demo")]
    [InlineData("drill short")]
    [InlineData("test --project tests/Cli.Tests")]
    [InlineData("--target compose drill")]
    public async Task What_runs_the_services_builds_first(string command)
    {
        await Built();
        Write("services/PlaceOrder.cs", "second");

        var result = await Shop(command);

        MustHaveBuiltAndRun(command, result);
    }

    [Fact]
    public async Task Without_any_build_the_first_command_builds()
    {
        var result = await Shop("status");

        MustHaveBuiltAndRun("status", result);
    }

    [Fact]
    public async Task After_a_build_that_failed_everything_else_still_works()
    {
        await Built();
        Write("services/PlaceOrder.cs", "does not compile");

        var failed = await Shop("up", buildSucceeds: false);
        var next = await Shop("status", buildSucceeds: false);

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("PlaceOrder.cs(1,1): error CS1002: ; expected", failed.Output, StringComparison.Ordinal);
        Assert.Equal((0, "run status"), (next.ExitCode, next.Output));
    }

    [Fact]
    public async Task A_build_writes_into_a_file_that_no_process_maps()
    {
        await Built();
        var (program, time) = (Path.Combine(_root, Program), File.GetLastWriteTimeUtc(Path.Combine(_root, Program)));
        using var mapped = File.Open(program, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Write("services/PlaceOrder.cs", "second");

        await Shop("up", appendsTo: program);

        using var reader = new StreamReader(mapped);
        Assert.DoesNotContain("appended", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("appended", await File.ReadAllTextAsync(program, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.NotEqual(time, File.GetLastWriteTimeUtc(program));
    }

    [Theory]
    [InlineData("10.0.100")]
    [InlineData("10.0.199")]
    [InlineData("10.0.401")]
    public async Task Any_sdk_10_builds(string version)
    {
        var result = await Shop("up", version: version);

        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("9.0.305")]
    [InlineData("10.0.100-rc.2.25502.107")]
    [InlineData("11.0.100")]
    [InlineData("")]
    public async Task Another_sdk_is_told_what_is_wanted_and_what_there_is(string version)
    {
        var result = await Shop("up", version: version);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(
            "Shop needs the .NET SDK 10.0, any release from 10.0.100 on and no preview", result.Output, StringComparison.Ordinal);
        Assert.Contains($"{_root}/bin/dotnet has:", result.Output, StringComparison.Ordinal);
        Assert.Contains($"  {version} [/somewhere]", result.Output, StringComparison.Ordinal);
        Assert.Contains("https://dotnet.microsoft.com/download/dotnet/10.0", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Platform", "x86")]
    [InlineData("Configuration", "Debug")]
    [InlineData("TargetFramework", "net8.0")]
    [InlineData("DOTNET_STARTUP_HOOKS", "/no/such.dll")]
    [InlineData("TMPDIR", "/no/such/folder")]
    public async Task A_build_does_not_see_what_another_tool_has_set(string name, string value)
    {
        await Shop("up", environment: (name, value));

        var seen = await SeenByTheBuild();
        Assert.DoesNotContain($"{name}={value}", seen);
        Assert.Contains(seen, line => line.StartsWith("PATH=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/no/such/home")]
    public async Task Without_a_home_a_build_has_one_in_the_checkout(string home)
    {
        Assert.Equal(0, (await Shop("up", environment: ("HOME", home))).ExitCode);

        Assert.Contains($"HOME={_root}/.shop/home", await SeenByTheBuild());
    }

    [Theory]
    [InlineData("a%20b")]
    [InlineData("a*b")]
    [InlineData("a$(b)")]
    public async Task A_place_the_sdk_cannot_build_in_is_a_sentence(string name)
    {
        var checkout = _root;
        _root = Directory.CreateDirectory(Path.Combine(checkout, name)).FullName;
        Copy(checkout);

        var result = await Shop("up");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"The .NET SDK cannot build in {_root}: move the checkout", result.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_root, "seen-by-the-build")));
        _root = checkout;
    }

    [Fact]
    public void The_sdk_is_any_10_that_is_no_preview()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Checkout.FindRoot(), "global.json")));
        var sdk = file.RootElement.GetProperty("sdk");

        Assert.Equal("10.0.100", sdk.GetProperty("version").GetString());
        Assert.Equal("latestFeature", sdk.GetProperty("rollForward").GetString());
        Assert.False(sdk.GetProperty("allowPrerelease").GetBoolean());
    }

    [Theory]
    [InlineData("10.0.402", "true")]
    [InlineData("10.0.100", "false")]
    [InlineData("10.0.512", "false")]
    public async Task What_only_another_bands_analyzers_find_stops_no_build(string version, string isError)
    {
        var project = Path.Combine(Checkout.FindRoot(), "shared", "Contracts", "Contracts.csproj");

        var result = await Tool.Run(
            ["dotnet", "msbuild", project, $"-p:NETCoreSdkVersion={version}", "-getProperty:TreatWarningsAsErrors,AnalysisLevel"],
            Checkout.FindRoot(),
            cancellation: TestContext.Current.CancellationToken);

        using var answer = JsonDocument.Parse(result.Output);
        var properties = answer.RootElement.GetProperty("Properties");
        Assert.Equal(isError, properties.GetProperty("TreatWarningsAsErrors").GetString());
        Assert.Equal("10.0-recommended", properties.GetProperty("AnalysisLevel").GetString());
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    void Copy(string checkout)
    {
        foreach (var file in new[] { "shop", "global.json", "Directory.Build.props", "Shop.sln", ".editorconfig" })
        {
            File.Copy(Path.Combine(checkout, file), Path.Combine(_root, file));
        }

        foreach (var folder in new[]
        {
            "apphost", "services", "shared", "gateway", "simulators/payment-provider", "tests", "tools/cli", "deploy", "bin"
        })
        {
            Directory.CreateDirectory(Path.Combine(_root, folder));
        }

        Write("services/PlaceOrder.cs", "first");
    }

    Task<string[]> SeenByTheBuild() =>
        File.ReadAllLinesAsync(Path.Combine(_root, "seen-by-the-build"), TestContext.Current.CancellationToken);

    async Task Built() => Assert.Equal(0, (await Shop("up")).ExitCode);

    // The lines of the two outputs may change places.
    static void MustHaveBuiltAndRun(string command, Tool.Result result)
    {
        var lines = result.Output.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("Built in", StringComparison.Ordinal));
        Assert.Contains($"run {command}", lines);
    }

    // A real build takes longer than the resolution of file times.
    void Write(string file, string text)
    {
        var path = Path.Combine(_root, file);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddSeconds(text == "first" ? -10 : 10));
    }

    Task<Tool.Result> Shop(
        string arguments, bool buildSucceeds = true, string version = "10.0.100", string? appendsTo = null,
        (string Key, string Value)? environment = null)
    {
        var dotnet = Path.Combine(_root, "bin", "dotnet");
        File.WriteAllText(
            dotnet,
            // The values are in the text of the script, because a build gets no unknown variables.
            $$"""
            #!/bin/sh
            case $1 in
            --version) echo "{{version}}" ;;
            --list-sdks) echo "{{version}} [/somewhere]" ;;
            build)
              env >seen-by-the-build
              if [ {{(buildSucceeds ? "succeeds" : "fails")}} = fails ]; then echo "services/PlaceOrder.cs(1,1): error CS1002: ; expected"; exit 1; fi
              mkdir -p tools/cli/bin/Release/net10.0
              [ -e tools/cli/bin/Release/net10.0/Shop.Cli.dll ] || touch tools/cli/bin/Release/net10.0/Shop.Cli.dll
              {{(appendsTo is null ? "" : $"echo appended >>'{appendsTo}'")}}
              ;;
            *) shift; echo "run $*" ;;
            esac
            """);
        File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = $"{_root}/bin:{Environment.GetEnvironmentVariable("PATH")}",
        };
        if (environment is { } variable)
        {
            variables[variable.Key] = variable.Value;
        }

        return Tool.Run(
            [Path.Combine(_root, "shop"), .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            _root, variables, cancellation: TestContext.Current.CancellationToken);
    }
}
