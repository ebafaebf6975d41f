namespace Shop.Launcher;

/// <summary>Something the person at the keyboard can act on. Its message is all that is printed.</summary>
public sealed class UserError(string message) : Exception(message);
