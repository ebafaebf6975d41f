namespace Shop.Launcher.Output;

/// <summary>Phrases that depend on a number.</summary>
public static class Words
{
    /// <summary>A number and what is counted: 1 order, 2 orders.</summary>
    public static string Count(long number, string one, string? many = null) => number == 1 ? $"1 {one}" : $"{number} {many ?? one + "s"}";
}
