namespace Shop.Launcher;

/// <summary>An error that the user can act on. Only its message is printed.</summary>
public sealed class UserError(string message) : Exception(message);
