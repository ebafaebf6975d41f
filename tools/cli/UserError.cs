namespace Shop.Cli;

/// <summary>Something the person at the keyboard can act on. Its message is all that is printed.</summary>
sealed class UserError(string message) : Exception(message);
