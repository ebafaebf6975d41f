using Shop.Launcher.Processes;

namespace Shop.Deployment.Tests;

/// <summary>
/// deploy/install-packages.sh, with a root of its own and a fake apt-get that records its arguments, and whether a service could have
/// started meanwhile.
/// </summary>
public sealed class InstallScriptTests : IDisposable
{
    const string TheirPolicy = "#!/bin/sh\nexit 0\n";
    readonly string _root = Directory.CreateTempSubdirectory("shop-install-").FullName;

    public InstallScriptTests()
    {
        Directory.CreateDirectory(Path.Combine(_root, "usr", "sbin"));
        Directory.CreateDirectory(Path.Combine(_root, "bin"));
        Write(Path.Combine(_root, "bin", "apt-get"), """
            #!/bin/sh
            echo "$*" >>"$DPKG_ROOT/asked"
            "$DPKG_ROOT/usr/sbin/policy-rc.d" postgresql start
            echo "may a service start? $?" >>"$DPKG_ROOT/asked"
            [ -z "${THEN:-}" ] || kill -"$THEN" $PPID
            """);
        Write(Path.Combine(_root, "bin", "systemctl"), "#!/bin/sh\necho \"systemctl $*\" >>\"$DPKG_ROOT/asked\"\n");
    }

    string Policy => Path.Combine(_root, "usr", "sbin", "policy-rc.d");

    string[] Asked => File.ReadAllLines(Path.Combine(_root, "asked"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task No_service_starts_while_packages_are_installed_or_with_the_machine_and_nothing_is_left_behind()
    {
        Assert.Equal(0, (await Run()).ExitCode);

        Assert.Equal(
            [
                "install --yes --no-install-recommends -o DPkg::Lock::Timeout=120 postgresql rabbitmq-server", "may a service start? 101",
                "systemctl disable --quiet postgresql", "systemctl disable --quiet rabbitmq-server",
            ],
            Asked);
        Assert.Empty(Directory.GetFiles(Path.Combine(_root, "usr", "sbin")));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task An_installation_that_is_interrupted_puts_things_back(string signal)
    {
        Write(Policy, TheirPolicy);

        Assert.NotEqual(0, (await Run(("THEN", signal))).ExitCode);

        Assert.Contains("may a service start? 101", Asked);
        Assert.Equal(TheirPolicy, await File.ReadAllTextAsync(Policy, TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(Path.Combine(_root, "usr", "sbin")));
    }

    [Theory]
    [InlineData(TheirPolicy)]
    [InlineData(null)]
    public async Task What_a_killed_installation_has_left_the_next_one_puts_back(string? theirs)
    {
        if (theirs is not null)
        {
            Write(Policy, theirs);
        }

        await Run(("THEN", "KILL"));
        Assert.True(File.Exists(Policy));
        Assert.Equal(0, (await Run()).ExitCode);

        Assert.Equal(theirs, File.Exists(Policy) ? await File.ReadAllTextAsync(Policy, TestContext.Current.CancellationToken) : null);
    }

    [Fact]
    public async Task A_policy_of_the_machine_s_that_refuses_already_is_not_touched()
    {
        Write(Policy, "#!/bin/sh\n# theirs\nexit 101\n");
        var before = File.GetLastWriteTimeUtc(Policy);

        await Run(("THEN", "KILL"));

        Assert.Contains("may a service start? 101", Asked);
        Assert.Contains("# theirs", await File.ReadAllTextAsync(Policy, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Policy));
    }

    static void Write(string file, string text)
    {
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }

    Task<Tool.Result> Run(params (string Name, string Value)[] variables) => Tool.Run(
        ["/bin/sh", Path.Combine(ComposeFile.Root, "deploy", "install-packages.sh"), "postgresql", "rabbitmq-server"],
        environment: variables.Append(("DPKG_ROOT", _root)).Append(("PATH", $"{Path.Combine(_root, "bin")}:/usr/bin:/bin"))
            .ToDictionary(variable => variable.Item1, variable => variable.Item2),
        cancellation: TestContext.Current.CancellationToken);
}
