namespace Shop.Architecture.Tests;

/// <summary>The checkout the tests were built in.</summary>
static class Repository
{
    public static string Root { get; } = Find();

    /// <returns>A path with forward slashes, relative to the root.</returns>
    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>
    /// The files of a folder with that ending, relative to the root and sorted. Build output and migrations are left
    /// out.
    /// </summary>
    public static IReadOnlyList<string> Files(string folder, string ending) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, folder), "*" + ending, SearchOption.AllDirectories)
            .Select(Relative)
            .Where(file => !file.Split('/').Any(part => part is "obj" or "bin" or "Migrations" or ".shop" or ".git"))
            .Order(StringComparer.Ordinal),
    ];

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Shop.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests are not inside a checkout of Shop.");
        }

        return folder;
    }
}
