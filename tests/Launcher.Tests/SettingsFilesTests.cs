using System.Text.Json;
using Shop.Launcher.Running;

namespace Shop.Launcher.Tests;

/// <summary>A program that is left to somebody else starts with its launch profile, which names the files with the settings.</summary>
public sealed class SettingsFilesTests : IDisposable
{
    static readonly string _root = Checkout.FindRoot();

    readonly Checkout _checkout = new(_root, new(Directory.CreateTempSubdirectory("shop-settings-").FullName), new Ports(0));

    public static TheoryData<string, string> Projects => new()
    {
        { "ordering", "services/ordering" },
        { "inventory", "services/inventory" },
        { "payment", "services/payment" },
        { "gateway", "gateway" },
        { ShopPrograms.PaymentProvider, "simulators/payment-provider" },
        { ShopPrograms.TraceViewer, "tools/traces" },
    };

    [Fact]
    public void What_is_left_out_has_its_settings_and_nothing_else_has()
    {
        SettingsFiles.Write(_checkout, new(Replicas.One, ["payment-1", "gateway"]));

        Assert.Equal(["gateway", "payment"], Folders());
        var payment = Files("payment");
        var launched = new ShopPrograms(_checkout).Find("payment", Replicas.One)[0].Environment;
        Assert.Equal(
            launched.Where(setting => !setting.Key.StartsWith("ASPNETCORE_", StringComparison.Ordinal)
                && !setting.Key.StartsWith("DOTNET_", StringComparison.Ordinal))
                .Append(new("urls", launched["ASPNETCORE_URLS"])).OrderBy(setting => setting.Key, StringComparer.Ordinal),
            payment.OrderBy(setting => setting.Key, StringComparer.Ordinal));

        SettingsFiles.Write(_checkout, new(Replicas.One, ["gateway"]));
        Assert.Equal(["gateway"], Folders());
        SettingsFiles.Delete(_checkout.State);
        Assert.Empty(Folders());
    }

    [Fact]
    public void Of_several_replicas_the_first_that_is_left_out_counts()
    {
        var plan = new SystemPlan(Replicas.Parse("payment=3", Replicas.One), ["payment-2", "payment-3"]);

        SettingsFiles.Write(_checkout, plan);

        Assert.Equal($"http://127.0.0.1:{_checkout.Ports.Service("payment", 2)}", Files("payment")["urls"]);
    }

    [Fact]
    public void Only_their_owner_reads_them()
    {
        SettingsFiles.Write(_checkout, new(Replicas.One, ["payment-1"]));

        var folder = SettingsFiles.FolderOf(_checkout.State, "payment-1");
        const UnixFileMode others = ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.All(Directory.GetFiles(folder).Append(folder), path => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & others));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_launch_profile_names_the_files_and_the_port(string name, string project)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(_root, project, "Properties", "launchSettings.json")));
        var profile = file.RootElement.GetProperty("profiles").GetProperty(name);
        var local = _checkout with { State = new(Path.Combine(_root, ".shop")) };
        var port = new ShopPrograms(_checkout).Find(name, Replicas.One)[0].Port;

        // A project that is run has its own folder as its working directory.
        Assert.Equal(
            SettingsFiles.FolderOf(local.State, name),
            Path.GetFullPath(
                profile.GetProperty("environmentVariables").GetProperty("SHOP_SECRETS").GetString()!, Path.Combine(_root, project)));
        // The trace viewer's three ports are settings of its own.
        Assert.Equal(
            name == ShopPrograms.TraceViewer ? null : $"http://127.0.0.1:{port}",
            profile.TryGetProperty("applicationUrl", out var address) ? address.GetString() : null);
    }

    public void Dispose() => Directory.Delete(_checkout.State.Path, recursive: true);

    IEnumerable<string> Folders()
    {
        var folder = _checkout.State.Combine(SettingsFiles.Folder);
        return Directory.Exists(
            folder) ? Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal) : [];
    }

    Dictionary<string, string> Files(string name) =>
        Directory.GetFiles(SettingsFiles.FolderOf(_checkout.State, name)).ToDictionary(path => Path.GetFileName(path), File.ReadAllText);
}
