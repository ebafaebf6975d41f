using Npgsql;
using Shop.Launcher.Servers;
using Shop.Support;

namespace Shop.Launcher.Tests;

public sealed class PostgresServerTests : IAsyncLifetime
{
    // The name of a folder can have any characters.
    readonly StateDirectory _state = new(Directory.CreateTempSubdirectory("shop's (postgres) #1 ü \"x\" $HOME %20 ").FullName);
    readonly PostgresServer _server;

    public PostgresServerTests() => _server = new(_state, FreePorts.Take(1)[0], durable: false);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_committed_row_survives_the_death_of_the_whole_server()
    {
        await _server.Start(Cancellation);
        await Run("create table kept (id int); insert into kept values (4711)");

        _server.Kill();
        await _server.Start(Cancellation);

        Assert.Equal(4711, await Run("select id from kept"));
    }

    [Fact]
    public async Task A_server_whose_main_process_was_killed_starts_again()
    {
        await _server.Start(Cancellation);
        await using var client = new NpgsqlConnection(_server.ConnectionString());
        await client.OpenAsync(Cancellation);
        var record = _state.Processes.Find(PostgresServer.Name)!;

        Processes.Signals.Send(record.Pid, Processes.Signal.Kill);
        await Wait.Until(() => !record.IsAlive, "the server gone");
        await _server.Start(Cancellation);

        Assert.Equal(1, await Run("select 1"));
    }

    [Fact]
    public async Task A_stopped_server_leaves_no_process_behind()
    {
        await _server.Start(Cancellation);
        await _server.Stop();

        Assert.False(_server.IsAlive);
        Assert.Empty(Processes.ProcFiles.WorkingIn(Path.Combine(_server.Folder, "data")));
        Assert.Empty(_state.Processes.All);
    }

    [Fact]
    public async Task The_server_asks_for_a_password()
    {
        await _server.Start(Cancellation);

        var wrong = new NpgsqlConnectionStringBuilder(_server.ConnectionString()) { Password = "wrong" };
        await using var client = new NpgsqlConnection(wrong.ConnectionString);
        var error = await Assert.ThrowsAsync<PostgresException>(() => client.OpenAsync(Cancellation));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
    }

    [Fact]
    public async Task Root_hands_the_server_to_an_unprivileged_user_where_that_user_cannot_enter_the_folder_too()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root has to.");
        File.SetUnixFileMode(_state.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        await _server.Start(Cancellation);
        var record = _state.Processes.Find(PostgresServer.Name)!;
        var elsewhere = new DirectoryInfo(_server.Folder).LinkTarget;
        Assert.NotNull(elsewhere);
        Assert.DoesNotContain(
            "Uid:\t0\t", await File.ReadAllTextAsync($"/proc/{record.Pid}/status", Cancellation), StringComparison.Ordinal);
        await _server.Stop();
        _server.Delete();

        Assert.False(Directory.Exists(elsewhere));
        Assert.False(Directory.Exists(_server.Folder));
    }

    [Fact]
    public async Task A_folder_the_user_can_enter_holds_the_data_itself()
    {
        File.SetUnixFileMode(_state.Path, (UnixFileMode)0b111_101_101);

        await _server.Start(Cancellation);

        Assert.Null(new DirectoryInfo(_server.Folder).LinkTarget);
    }

    [Fact]
    public async Task A_service_changes_rows_of_its_own_database_but_no_table_and_enters_no_other()
    {
        await _server.Start(Cancellation);
        var databases = new Databases(_server, _state.Secrets);
        await databases.Prepare(Cancellation);
        await databases.Prepare(Cancellation);
        await Run("create table ordering.orders (id int)", databases.ConnectionString("ordering", Databases.OwnerOf("ordering")));

        var asService = databases.ConnectionString("ordering", "ordering");
        await Run("insert into ordering.orders values (1)", asService);
        Assert.Equal(1L, await Run("select count(*) from ordering.orders", databases.ConnectionString("ordering", Databases.Audit)));
        await Refused("create table ordering.more (id int)", asService);
        await Refused("drop table ordering.orders", asService);
        await Refused("create table public.more (id int)", asService);
        await Refused("delete from ordering.orders", databases.ConnectionString("ordering", Databases.Audit));
        await Refused("select 1", databases.ConnectionString("payment", "ordering"));
    }

    public async ValueTask DisposeAsync()
    {
        _server.Kill();
        await _server.Stop();
        _server.Delete();
        Directory.Delete(_state.Path, recursive: true);
    }

    static async Task Refused(string sql, string connectionString)
    {
        var error = await Assert.ThrowsAsync<PostgresException>(() => Run(sql, connectionString));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    Task<object?> Run(string sql) => Run(sql, _server.ConnectionString());

    static async Task<object?> Run(string sql, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
