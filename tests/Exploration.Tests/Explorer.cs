namespace Shop.Exploration.Tests;

/// <summary>The result of a search, with the path to a violation if it found one.</summary>
sealed record Exploration(int States, long Transitions, int FinalStates, string? Violation, IReadOnlyList<string> Way)
{
    public override string ToString() => Violation is null
        ? $"{States:N0} states, {Transitions:N0} transitions, {FinalStates:N0} final states: all good"
        : $"{Violation}, after\n  {string.Join("\n  ", Way)}";
}

/// <summary>Visits every reachable state once, shortest path first. Every possible schedule is a path here.</summary>
static class Explorer
{
    public static async Task<Exploration> Explore(ExploredState start, Decisions decisions, int statesMax, bool paymentsAtOnce = false)
    {
        var received = start.Available + start.Held + start.Sold;
        var moves = new Moves(decisions, paymentsAtOnce);
        var numbers = new Dictionary<string, int> { [start.Key()] = 0 };
        var ways = new List<(int From, string What)> { (-1, "") };
        var before = new List<List<int>> { new() };
        var finals = new List<int>();
        var open = new Queue<(int Number, ExploredState ExploredState)>([(0, start)]);
        var transitions = 0L;
        while (open.TryDequeue(out var current))
        {
            foreach (var violation in current.ExploredState.Violations(received))
            {
                return new(numbers.Count, transitions, finals.Count, violation, PathTo(current.Number, ways));
            }

            if (current.ExploredState.IsFinal)
            {
                finals.Add(current.Number);
            }

            IReadOnlyList<(string, ExploredState)> following;
            try
            {
                following = await moves.From(current.ExploredState);
            }
            catch (UnexpectedMessageException unexpected)
            {
                return new(
                    numbers.Count,
                    transitions,
                    finals.Count,
                    unexpected.Message,
                    [.. PathTo(current.Number, ways), $"deliver {unexpected.Mail}"]);
            }

            foreach (var (what, next) in following)
            {
                transitions++;
                var key = next.Key();
                if (!numbers.TryGetValue(key, out var number))
                {
                    number = numbers.Count;
                    Assert.True(number < statesMax, $"More than {statesMax:N0} states: the bounds of the search do not hold.");
                    numbers[key] = number;
                    ways.Add((current.Number, what));
                    before.Add([]);
                    open.Enqueue((number, next));
                }

                before[number].Add(current.Number);
            }
        }

        return DeadEnd(before, finals) is { } end
            ? new(numbers.Count, transitions, finals.Count, "No way leads from here to an end", PathTo(end, ways))
            : new(numbers.Count, transitions, finals.Count, null, []);
    }

    // The state nearest to the start from which no final state can be reached, if there is one.
    static int? DeadEnd(List<List<int>> before, List<int> finals)
    {
        var ends = new bool[before.Count];
        var open = new Stack<int>(finals);
        finals.ForEach(number => ends[number] = true);
        while (open.TryPop(out var number))
        {
            foreach (var earlier in before[number].Where(earlier => !ends[earlier]))
            {
                ends[earlier] = true;
                open.Push(earlier);
            }
        }

        var lost = Array.IndexOf(ends, false);
        return lost < 0 ? null : lost;
    }

    static List<string> PathTo(int number, List<(int From, string What)> ways)
    {
        var way = new List<string>();
        for (; number > 0; number = ways[number].From)
        {
            way.Add(ways[number].What);
        }

        way.Reverse();
        return way;
    }
}
