namespace Shop.Simulation;

/// <summary>A step of an order: a wait, then a visit to a lane.</summary>
/// <param name="Pause">Seconds on the way there, for everybody the same: a hop through the broker, a call elsewhere.</param>
public readonly record struct Step(double Pause);

/// <summary>The load on a network, and how long it is observed.</summary>
/// <param name="Rate">Orders per second, independent of the answers (a Poisson process).</param>
/// <param name="Seconds">For how long they come. The first fifth is not measured, but for Little's law.</param>
public readonly record struct Watch(double Rate, double Seconds)
{
    public double WarmUp => Seconds / 5;
}

/// <summary>The results of an observation.</summary>
/// <param name="Throughput">Orders that took their last step, per second.</param>
/// <param name="Latencies">Seconds from an order's arrival to the end of its deciding step, sorted.</param>
/// <param name="Utilisation">By lane: the share of the time its processor was busy.</param>
/// <param name="MeanInSystem">Orders under way, on average over all the time until the last had left.</param>
/// <param name="MeanTimeInSystem">Seconds from arrival to the last step, on average over all orders.</param>
/// <param name="ArrivalRate">Orders per second over the same time.</param>
public sealed record Observation(
    double Throughput, double[] Latencies, double[] Utilisation, double MeanInSystem, double MeanTimeInSystem, double ArrivalRate)
{
    public double Percentile(double share) => Latencies[(int)Math.Min(share * Latencies.Length, Latencies.Length - 1)];
}

/// <summary>
/// Lanes, and orders that visit them step by step: a discrete-event simulation. Pauses are constant, so what was first in a
/// pause is first out of it, and only the ends of transactions need a heap.
/// </summary>
/// <param name="steps">The same for every order.</param>
/// <param name="decidingStep">The step after which an order is in its terminal state.</param>
/// <param name="route">Writes the lane of each step of a new order.</param>
public sealed class Network(
    IReadOnlyList<Lane> lanes, IReadOnlyList<Step> steps, int decidingStep, Action<RandomNumbers, Span<int>> route, ulong seed)
{
    // The events that come next, except the ends of pauses, which have their own queues.
    const int Arrival = -1;
    const int Commit = -2;

    readonly RandomNumbers _arrivals = new(seed);
    readonly RandomNumbers _routes = new(seed + 1);
    readonly RandomNumbers _services = new(seed + 2);
    readonly List<Order> _orders = [];
    readonly List<int> _places = [];
    readonly PriorityQueue<int, double> _commits = new();
    readonly List<(double Pause, Queue<(double At, int Order)> Orders)> _pauses =
        [.. steps.Select(step => step.Pause).Distinct().Select(pause => (pause, new Queue<(double, int)>()))];

    double _now;
    double _areaInSystem;
    double _timeInSystem;
    int _inSystem;

    public Observation Run(Watch watch)
    {
        var pauseOf = steps.Select(step => _pauses.FindIndex(pause => pause.Pause == step.Pause)).ToArray();
        var latencies = new List<double>();
        var work = (Before: Array.Empty<double>(), After: Array.Empty<double>());
        var left = 0;
        for (var nextArrival = _arrivals.Exponential(1 / watch.Rate); ;)
        {
            var (source, at) = Earliest(nextArrival);
            if (work.Before is [] && at >= watch.WarmUp)
            {
                work.Before = [.. lanes.Select(lane => lane.Work)];
            }

            if (work.After is [] && at >= watch.Seconds)
            {
                work.After = [.. lanes.Select(lane => lane.Work)];
            }

            if (double.IsPositiveInfinity(at))
            {
                break;
            }

            _areaInSystem += _inSystem * (at - _now);
            _now = at;
            switch (source)
            {
                case Arrival:
                    Pause(Arrive(), pauseOf[0]);
                    nextArrival += _arrivals.Exponential(1 / watch.Rate);
                    nextArrival = nextArrival < watch.Seconds ? nextArrival : double.PositiveInfinity;
                    break;
                case Commit:
                    var lane = _commits.Dequeue();
                    foreach (var order in lanes[lane].Batch)
                    {
                        var arrived = _orders[order].Arrived;
                        var step = Advance(order);
                        if (step == decidingStep && arrived >= watch.WarmUp)
                        {
                            latencies.Add(_now - arrived);
                        }

                        if (step + 1 < steps.Count)
                        {
                            Pause(order, pauseOf[step + 1]);
                        }
                        else
                        {
                            _inSystem--;
                            _timeInSystem += _now - arrived;
                            left += _now >= watch.WarmUp && _now < watch.Seconds ? 1 : 0;
                        }
                    }

                    if (lanes[lane].End())
                    {
                        Begin(lane);
                    }

                    break;
                default:
                    Visit(_pauses[source].Orders.Dequeue().Order);
                    break;
            }
        }

        latencies.Sort();
        var measured = watch.Seconds - watch.WarmUp;
        return new(
            left / measured,
            [.. latencies],
            [.. work.After.Zip(work.Before, (after, before) => (after - before) / measured)],
            _areaInSystem / _now,
            _timeInSystem / _orders.Count,
            _orders.Count / _now);
    }

    (int Source, double At) Earliest(double nextArrival)
    {
        var (source, at) = (Arrival, nextArrival);
        if (_commits.TryPeek(out _, out var commit) && commit < at)
        {
            (source, at) = (Commit, commit);
        }

        for (var pause = 0; pause < _pauses.Count; pause++)
        {
            if (_pauses[pause].Orders.TryPeek(out var head) && head.At < at)
            {
                (source, at) = (pause, head.At);
            }
        }

        return (source, at);
    }

    int Arrive()
    {
        var order = _orders.Count;
        _orders.Add(new(_now, 0));
        Span<int> places = stackalloc int[steps.Count];
        route(_routes, places);
        _places.AddRange(places);
        _inSystem++;
        return order;
    }

    void Pause(int order, int pause) => _pauses[pause].Orders.Enqueue((_now + _pauses[pause].Pause, order));

    void Visit(int order)
    {
        var lane = _places[(order * steps.Count) + _orders[order].Step];
        lanes[lane].Add(order);
        if (!lanes[lane].IsBusy)
        {
            Begin(lane);
        }
    }

    void Begin(int lane) => _commits.Enqueue(lane, _now + lanes[lane].Begin(_services));

    /// <returns>The step it has just taken.</returns>
    int Advance(int order)
    {
        var (arrived, step) = _orders[order];
        _orders[order] = new(arrived, step + 1);
        return step;
    }

    readonly record struct Order(double Arrived, int Step);
}
