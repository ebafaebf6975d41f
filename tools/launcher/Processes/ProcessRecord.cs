namespace Shop.Launcher.Processes;

/// <summary>
/// A background process that was started. A process id alone says nothing once ids are used again, so the record also
/// holds what identifies that very process (see <see cref="ProcFiles.IdentityOf"/>). The fingerprint tells whether it
/// was started the way it would be started today: same program, same build, same settings.
/// </summary>
public sealed record ProcessRecord(string Name, int Pid, string Identity, int Port, string Fingerprint, DateTimeOffset StartedAt)
{
    public bool IsAlive => ProcFiles.IdentityOf(Pid) == Identity;
}
