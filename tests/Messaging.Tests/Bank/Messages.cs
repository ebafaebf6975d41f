namespace Shop.Messaging.Tests.Bank;

/// <summary>Adds to an account and answers with <see cref="Deposited"/>.</summary>
public sealed record Deposit(Guid DepositId, Guid AccountId, decimal Amount);

public sealed record Deposited(Guid DepositId, Guid AccountId, decimal Amount);

/// <summary>Fails at the database, with the whole batch, if the name is taken.</summary>
public sealed record OpenAccount(Guid AccountId, string Name);

/// <summary>Its handler always throws, after it has changed the account and published.</summary>
public sealed record Overdraw(Guid DepositId, Guid AccountId);

/// <summary>Keeps its handler, and with it the whole lane, busy until the test opens <see cref="Gate"/>.</summary>
public sealed record Hold(Guid HoldId);

/// <summary>It has no consumer, unless a test binds a queue.</summary>
public sealed record Note(string Author, int Number);

/// <summary>An event that nobody has to listen to.</summary>
public sealed record Announced(string What);

public sealed record StartTransfer(Guid TransferId, TimeSpan TimeLimit);

public sealed record StepTransfer(Guid TransferId);

/// <summary>Its handler in the saga changes the state, publishes, and then throws.</summary>
public sealed record BreakTransfer(Guid TransferId);

public sealed record EndTransfer(Guid TransferId);

public sealed record TransferExpired(Guid TransferId);
