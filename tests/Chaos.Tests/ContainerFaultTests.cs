using Shop.Chaos.Compose;
using Shop.Chaos.Drills;
using Shop.Launcher;
using Shop.Launcher.Compose;

namespace Shop.Chaos.Tests;

/// <summary>Faults of containers, with a fake docker that records its arguments and answers from a script.</summary>
public sealed class ContainerFaultTests : IDisposable
{
    const string Find = "compose ps --all --quiet payment-1";
    const string Networks = "inspect --format {{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}} 1f2e";
    const string Project = "inspect --format {{index .Config.Labels \"com.docker.compose.project\"}} 1f2e";
    const string State = "inspect --format {{.State.Running}} {{.State.ExitCode}} 1f2e";

    readonly string _folder = Directory.CreateTempSubdirectory("shop-docker-").FullName;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_container_is_started_again()
    {
        var system = SystemWith($"'{State}') echo 'false 137';;");

        var end = await new KillContainer("payment-1").Begin(system, Cancellation);

        Assert.Equal([Find, "kill --signal KILL 1f2e", State], Asked());
        Assert.Equal("it died with exit code 137", await end(Cancellation));
        Assert.Equal("start 1f2e", Asked()[^1]);
    }

    [Fact]
    public async Task A_container_that_survives_is_a_fault_that_was_missed()
    {
        var system = SystemWith($"'{State}') echo 'true 0';;");

        var missed = await Assert.ThrowsAsync<FaultMissed>(() => new KillContainer("payment-1").Begin(system, Cancellation));

        Assert.Equal("the container's state is \"true 0\"", missed.Message);
    }

    [Fact]
    public async Task A_network_that_was_cut_is_connected_again()
    {
        var system = SystemWith(
            $"'{Project}') echo shop;; '{Networks}') if grep -q disconnect {_folder}/asked; then echo; else echo 'shop_outside shop_data '; fi;;");

        var end = await new CutNetwork("payment-1", "outside").Begin(system, Cancellation);

        Assert.Equal("network disconnect shop_outside 1f2e", Asked()[^1]);
        Assert.Equal("it had no address there", await end(Cancellation));
        Assert.Equal("network connect --alias payment-1 shop_outside 1f2e", Asked()[^1]);
    }

    [Fact]
    public async Task A_network_it_does_not_have_cannot_be_cut()
    {
        var system = SystemWith($"'{Project}') echo shop;; '{Networks}') echo 'shop_data ';;");

        await Assert.ThrowsAsync<FaultMissed>(() => new CutNetwork("payment-1", "outside").Begin(system, Cancellation));

        Assert.DoesNotContain(Asked(), command => command.StartsWith("network", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Containers_that_are_healthy_are_no_damage()
    {
        var system = SystemWith("'compose ps --format {{.Service}} {{.State}} {{.Health}}') echo 'payment-1 running healthy';;");

        Assert.Empty(await system.Damage([], Cancellation));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <param name="answers">As cases of a shell script.</param>
    ContainerSystem SystemWith(string answers)
    {
        var docker = Path.Combine(_folder, "docker");
        File.WriteAllText(
            docker,
            $"""
            #!/bin/sh
            echo "$*" >>{_folder}/asked
            case "$*" in
            '{Find}') echo 1f2e;;
            {answers}
            esac
            """);
        File.SetUnixFileMode(docker, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var checkout = new Checkout(_folder, new StateDirectory(Path.Combine(_folder, ".shop")), new Ports(0));
        return new(new ComposeSystem(checkout) { Program = docker });
    }

    string[] Asked() => File.ReadAllLines(Path.Combine(_folder, "asked"));
}
