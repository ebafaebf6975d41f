namespace Shop.Launcher.Processes;

/// <summary>
/// A background process that was started. Linux uses process ids again, so the record also has the identity of the process (see <see
/// cref="ProcFiles.IdentityOf"/>). The fingerprint tells whether a start today would be the same: same program, same build, same settings.
/// </summary>
public sealed record ProcessRecord(string Name, int Pid, string Identity, int Port, string Fingerprint, DateTimeOffset StartedAt)
{
    public bool IsAlive => ProcFiles.IdentityOf(Pid) == Identity;
}
