namespace Shop.Monolith;

/// <summary>An order with its payment, which is stored before the payment provider is called.</summary>
sealed class Order
{
    public const string Placed = "Placed";
    public const string Confirmed = "Confirmed";
    public const string Cancelled = "Cancelled";

    public Guid Id { get; init; }
    public string CustomerId { get; init; } = "";
    public string? IdempotencyKey { get; init; }
    public string Status { get; private set; } = Placed;
    public string? Reason { get; private set; }
    public List<OrderLine> Lines { get; init; } = [];

    /// <summary>In EUR.</summary>
    public decimal Total { get; init; }

    public DateTimeOffset PlacedAt { get; init; }
    public DateTimeOffset? ConfirmedAt { get; private set; }

    /// <summary>Grows with each step: of two that end an order at once, the second fails.</summary>
    public int Version { get; private set; }

    public List<TimelineStep> Timeline { get; init; } = [];
    public Payment Payment { get; init; } = null!;

    public static Order Place(
        string customer, string? key, List<OrderLine> lines, string token, DateTimeOffset now)
    {
        var total = lines.Sum(line => line.Quantity * line.UnitPrice);
        var order = new Order
        {
            Id = Guid.CreateVersion7(now),
            CustomerId = customer,
            IdempotencyKey = key,
            Lines = lines,
            Total = total,
            PlacedAt = now,
            Payment = new() { CustomerId = customer, Amount = total, Token = token },
        };
        order.Record(Placed, "Order placed, stock held", now);
        return order;
    }

    public void End(ChargeOutcome charge, DateTimeOffset now)
    {
        (Payment.ChargeId, Payment.DeclineCode) = (charge.ChargeId, charge.DeclineCode);
        Payment.State = charge.IsPaid ? "Taken" : "Declined";
        ConfirmedAt = charge.IsPaid ? now : null;
        Reason = charge.IsPaid ? null : "payment_declined";
        Record(charge.IsPaid ? Confirmed : Cancelled, charge.IsPaid ? "Payment taken" : $"Payment declined: {charge.DeclineCode}", now);
    }

    public bool IsFor(IReadOnlyDictionary<string, int> quantities, string token) =>
        Payment.Token == token && Lines.Count == quantities.Count
        && Lines.All(line => quantities.GetValueOrDefault(line.Sku) == line.Quantity);

    void Record(string status, string what, DateTimeOffset now)
    {
        (Status, Version) = (status, Version + 1);
        Timeline.Add(new() { Version = Version, At = now, What = what, Status = status });
    }
}

/// <summary>How many of a product, at the price of that moment in EUR.</summary>
sealed class OrderLine
{
    public string Sku { get; init; } = "";
    public int Quantity { get; init; }
    public decimal UnitPrice { get; init; }
}

/// <summary>One thing that happened to an order.</summary>
sealed class TimelineStep
{
    public int Version { get; init; }
    public DateTimeOffset At { get; init; }
    public string What { get; init; } = "";
    public string Status { get; init; } = "";
}

/// <summary>What is, or was, asked of the payment provider for an order. The order's id is the idempotency key.</summary>
sealed class Payment
{
    public Guid OrderId { get; init; }
    public string CustomerId { get; init; } = "";
    public decimal Amount { get; init; }
    public string Token { get; init; } = "";

    /// <summary>Pending, Taken or Declined.</summary>
    public string State { get; set; } = "Pending";

    public string? ChargeId { get; set; }
    public string? DeclineCode { get; set; }
}

/// <summary>A product and its stock: received is always available, held and sold together.</summary>
sealed class Product
{
    public string Sku { get; init; } = "";
    public string Name { get; set; } = "";
    public decimal Price { get; set; }
    public long Received { get; set; }
    public long Available { get; set; }
    public long Held { get; set; }
    public long Sold { get; set; }

    public void Hold(int quantity) => (Available, Held) = (Available - quantity, Held + quantity);

    public void Receive(int quantity) => (Available, Received) = (Available + quantity, Received + quantity);
}
