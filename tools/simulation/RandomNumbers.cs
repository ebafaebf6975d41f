namespace Shop.Simulation;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). It is implemented here, so that a seed gives
/// the same numbers on every version of .NET.
/// </summary>
public sealed class RandomNumbers(ulong seed)
{
    const ulong Golden = 0x9E3779B97F4A7C15;

    ulong _state = Mix(seed);

    /// <summary>Evenly from 0 up to, but not, 1.</summary>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public int Next(int below) => (int)(Next() * below);

    /// <summary>The time between two events that happen independently of each other.</summary>
    public double Exponential(double mean) => -Math.Log(1 - Next()) * mean;

    /// <summary>A hash: every bit of the result depends on every bit of the value.</summary>
    public static ulong Mix(ulong value)
    {
        value += Golden;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>Which of so many shards a key belongs to.</summary>
    public static int Shard(ulong key, int shards) => (int)(Mix(key) % (ulong)shards);

    ulong NextBits() => Mix(_state += Golden);
}
