using System.Diagnostics;
using Shop.Launcher.Logs;
using Shop.Launcher.Processes;
using Shop.Launcher.Servers;

namespace Shop.Launcher.Running;

/// <summary>Starts what is not running, and only that, until everything answers.</summary>
public sealed class SystemStart(Checkout checkout, Steps steps, LaunchEnvironment? environment = null)
{
    static readonly TimeSpan _readyLimit = TimeSpan.FromSeconds(120);
    static readonly TimeSpan _stopLimit = TimeSpan.FromSeconds(15);
    static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);

    readonly ProcessTable _table = checkout.State.Processes;
    readonly ShopPrograms _programs = new(checkout, environment);
    readonly PostgresServer _postgres = new(checkout.State, checkout.Ports.Postgres);
    readonly RabbitMqServer _rabbitMq = new(
        checkout.State, checkout.Ports.RabbitMq, BrokerAccess.VirtualHost, BrokerAccess.Users(checkout.State.Secrets));

    /// <inheritdoc cref="Run(SystemPlan, CancellationToken)"/>
    public Task<bool> Run(IReadOnlyDictionary<string, int> replicas, CancellationToken cancellation) =>
        Run(new SystemPlan(replicas, Without: []), cancellation);

    /// <returns>False if everything was running and ready already.</returns>
    public async Task<bool> Run(SystemPlan plan, CancellationToken cancellation)
    {
        var wanted = _programs.All(plan.Replicas).Where(process => !plan.Without.Contains(process.Name)).ToArray();
        var surplus = _table.All.Where(record => IsProgram(record) && !wanted.Any(process => Matches(process, record))).ToArray();
        var missing = wanted
            .Where(process => _table.Find(process.Name) is not { IsAlive: true } record || !Matches(process, record))
            .ToArray();
        var started = surplus.Length + missing.Length > 0 || !_postgres.IsAlive || !_rabbitMq.IsAlive;

        await Task.WhenAll(surplus.Select(record => Stop(
            record, plan.Without.Contains(record.Name) ? "" : ", its settings or build changed")));
        ReservedPorts.Add(checkout.Ports.Postgres, checkout.Ports.RabbitMq.Amqp);
        OpenFiles.MustSuffice();
        StrayProcesses.Kill(checkout.State);
        await PortCheck.MustBeFree([.. PortsToTake(missing)], checkout.Ports.Offset, steps.Note, cancellation);
        cancellation.ThrowIfCancellationRequested();
        if (!_table.IsAlive(LogKeeper.Name))
        {
            LogKeeper.Process(checkout).Start(checkout.State);
        }

        await Task.WhenAll(StartRabbitMq(cancellation), StartPrograms(missing, Replicas.Services, cancellation));
        var ready = await Task.WhenAll(wanted.Select(process => WaitUntilReady(process, missing.Contains(process), plan, cancellation)));
        return started || ready.Contains(false);
    }

    /// <summary>Stops some processes and starts them with what was built; all others stay as they are.</summary>
    public async Task Restart(IReadOnlyList<BackgroundProcess> processes, SystemPlan plan, CancellationToken cancellation)
    {
        if (!_postgres.IsAlive || !_rabbitMq.IsAlive)
        {
            throw new UserError("Shop is not up, so there is nothing to restart. Start it with ./shop up.");
        }

        await Task.WhenAll(processes.Select(process => _table.Find(process.Name)).OfType<ProcessRecord>().Select(record => Stop(record)));
        await PortCheck.MustBeFree([.. PortsToTake(processes)], checkout.Ports.Offset, steps.Note, cancellation);
        plan.Keep(checkout.State);
        SettingsFiles.Write(checkout, plan);
        string[] services = [.. processes.Select(process => Replicas.ServiceOf(process.Name)).OfType<string>().Distinct()];
        await StartPrograms(processes, services, cancellation);
        await Task.WhenAll(processes.Select(process => WaitUntilReady(process, isNew: true, plan, cancellation)));
    }

    static bool IsProgram(ProcessRecord record) =>
        !ServerProcesses.IsDatabase(record.Name) && !ServerProcesses.IsBroker(record.Name)
        && record.Name is not (RabbitMqServer.NameServer or LogKeeper.Name);

    static bool Matches(BackgroundProcess process, ProcessRecord record) =>
        process.Name == record.Name && process.Fingerprint == record.Fingerprint;

    async Task Stop(ProcessRecord record, string why = "")
    {
        if (record.IsAlive)
        {
            await steps.Run(
                $"stopping {record.Name}", () => BackgroundProcess.Stop(record, _stopLimit), record.Name + " stopped" + why);
        }

        _table.Remove(record.Name);
    }

    IEnumerable<(string Process, int Port)> PortsToTake(IEnumerable<BackgroundProcess> missing)
    {
        if (!_postgres.IsAlive)
        {
            yield return (PostgresServer.Name, checkout.Ports.Postgres);
        }

        if (!_rabbitMq.IsAlive)
        {
            yield return (RabbitMqServer.Name, checkout.Ports.RabbitMq.Amqp);
            yield return (RabbitMqServer.Name, checkout.Ports.RabbitMq.Management);
            yield return (RabbitMqServer.Name, checkout.Ports.RabbitMq.Distribution);
        }

        if (!_table.IsAlive(RabbitMqServer.NameServer))
        {
            yield return (RabbitMqServer.Name, checkout.Ports.RabbitMq.NameServer);
        }

        foreach (var process in missing)
        {
            yield return (process.Name, process.Port);
            if (process.Name == ShopPrograms.TraceViewer)
            {
                yield return (process.Name, checkout.Ports.TraceViewer.Grpc);
                yield return (process.Name, checkout.Ports.TraceViewer.Http);
            }
            else if (process.Name == ShopPrograms.Gateway)
            {
                yield return (process.Name, checkout.Ports.GatewayMetrics);
            }
        }
    }

    // Services need their database and its migrations before the start. They wait for RabbitMQ by themselves.
    async Task StartPrograms(
        IReadOnlyCollection<BackgroundProcess> missing, IReadOnlyList<string> toMigrate, CancellationToken cancellation)
    {
        Directory.CreateDirectory(checkout.State.Combine(ShopPrograms.PaymentProvider));
        var services = missing.Where(process => Replicas.IsService(process.Name)).ToArray();
        foreach (var process in missing.Except(services))
        {
            process.Start(checkout.State);
        }

        await StartPostgres(toMigrate, cancellation);
        foreach (var process in services)
        {
            process.Start(checkout.State);
        }
    }

    async Task StartPostgres(IReadOnlyList<string> services, CancellationToken cancellation)
    {
        var migrations = new Migrations(checkout, _programs);
        var toMigrate = migrations.Missing(services);
        if (_postgres.IsAlive && toMigrate is [])
        {
            await _postgres.Start(cancellation);
            return;
        }

        var running = _postgres.IsAlive;
        await steps.Run(
            "PostgreSQL", () => _postgres.Start(cancellation), running ? null : $"PostgreSQL on 127.0.0.1:{_postgres.Port}");
        await steps.Run(
            "databases",
            async () =>
            {
                await new Databases(_postgres, checkout.State.Secrets).Prepare(cancellation);
                await migrations.Run(toMigrate, cancellation);
            },
            $"databases {string.Join(", ", services)} up to date");
    }

    async Task StartRabbitMq(CancellationToken cancellation)
    {
        var running = _rabbitMq.IsAlive;
        await steps.Run(
            "RabbitMQ", () => _rabbitMq.Start(cancellation), running ? null : $"RabbitMQ on 127.0.0.1:{_rabbitMq.Ports.Amqp}");
    }

    /// <returns>False if it was not ready at once.</returns>
    Task<bool> WaitUntilReady(BackgroundProcess process, bool isNew, SystemPlan plan, CancellationToken cancellation) => steps.Run(
        process.Name,
        async () =>
        {
            var health = new HealthCheck(checkout);
            var clock = Stopwatch.StartNew();
            for (var first = true; ; first = false)
            {
                var record = _table.Find(process.Name)!;
                switch (await health.Of(record, cancellation))
                {
                    case Health.Ready:
                    // A part that somebody else runs may be away at any time.
                    case Health.Degraded when plan.Without is not []:
                        return first;
                    case Health.Dead:
                        throw new UserError($"{process.Name} ended before it was ready.\n{LogTail.Of(checkout.State, process.Name)}");
                    case var _ when clock.Elapsed > _readyLimit:
                        throw new UserError(
                            $"{process.Name} was not ready within {_readyLimit.TotalSeconds:0} s.\n{LogTail.Of(checkout.State, process.Name)}");
                }

                await Task.Delay(_pollInterval, cancellation);
            }
        },
        first => isNew || !first ? $"{process.Name} ready on http://127.0.0.1:{process.Port}" : null);
}
