using System.Text.Json;
using Shop.Cli.Commands;
using Shop.Launcher;
using Shop.Launcher.Processes;
using Shop.Launcher.Running;

namespace Shop.Cli.Tests;

public sealed class EnvTests : IDisposable
{
    const string SpecialCharacters = """a b;c="d" $HOME `id` \ 'e' #f""";

    static readonly BackgroundProcess _process = new("payment-1", 5103, "dotnet", [])
    {
        Environment = new Dictionary<string, string> { ["ConnectionStrings__Database"] = SpecialCharacters, ["A"] = "1" },
    };

    readonly StateDirectory _state = new(Directory.CreateTempSubdirectory("shop-env-").FullName);

    [Fact]
    public async Task A_shell_that_evaluates_it_has_every_value_as_it_is()
    {
        var script = Env.Text(_process, "shell") + "\nprintf '%s' \"$A $ConnectionStrings__Database\"";

        var result = await Tool.Run(["sh", "-c", script], cancellation: TestContext.Current.CancellationToken);

        Assert.Equal("1 " + SpecialCharacters, result.Output);
    }

    [Fact]
    public void As_json_it_is_what_an_editor_takes_for_environment_variables()
    {
        var settings = JsonSerializer.Deserialize<Dictionary<string, string>>(Env.Text(_process, "json"));

        Assert.Equal(_process.Environment, settings);
    }

    [Fact]
    public void As_a_file_of_settings_each_is_a_line() =>
        Assert.Equal($"A=1\nConnectionStrings__Database={SpecialCharacters}", Env.Text(_process, "dotenv"));

    [Fact]
    public void A_service_is_found_with_all_its_replicas_and_a_process_alone()
    {
        var programs = new ShopPrograms(new("/", _state, new Ports(0)));
        var replicas = Replicas.Parse("payment=2", Replicas.Of([]));

        Assert.Equal(["payment-1", "payment-2"], programs.Find("payment", replicas).Select(process => process.Name));
        Assert.Equal("payment-2", Assert.Single(programs.Find("payment-2", replicas)).Name);
        Assert.Equal("gateway", Assert.Single(programs.Find("gateway", replicas)).Name);
    }

    [Theory]
    [InlineData("pay")]
    [InlineData("payment-3")]
    [InlineData("card")]
    [InlineData("postgres")]
    public void A_name_of_nothing_is_refused_with_the_names_there_are(string name)
    {
        var programs = new ShopPrograms(new("/", _state, new Ports(0)));

        var error = Assert.Throws<UserError>(() => programs.Find(name, Replicas.Parse("payment=2", Replicas.Of([]))));

        Assert.Contains($"\"{name}\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("payment, ", error.Message, StringComparison.Ordinal);
        Assert.Contains("payment-2, gateway", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_state.Path, recursive: true);
}
