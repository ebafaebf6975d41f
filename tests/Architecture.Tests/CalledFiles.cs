using Mono.Cecil;

namespace Shop.Architecture.Tests;

/// <summary>Which source files a method's calls lead to, inside one assembly. Read from the compiled code and its symbols.</summary>
static class CalledFiles
{
    /// <param name="assembly">A name without path and ending; it is beside the tests.</param>
    /// <param name="folder">The folder of its sources, relative to the root of the repository.</param>
    /// <returns>
    /// Files relative to that folder, sorted. Types that only carry data (properties, records) and generated code are left out.
    /// </returns>
    public static IReadOnlyList<string> From(string assembly, string folder, string type, string method)
    {
        var path = Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
        using var module = ModuleDefinition.ReadModule(path, new ReaderParameters { ReadSymbols = true });
        var start = module.GetType(type).Methods.Single(one => one.Name == method);
        var seen = new HashSet<MethodDefinition> { start };
        var open = new Queue<MethodDefinition>(seen);
        while (open.TryDequeue(out var next))
        {
            foreach (var called in Called(next, module).Where(seen.Add))
            {
                open.Enqueue(called);
            }
        }

        return
        [
            .. seen.Where(one => !IsData(one))
                .SelectMany(one => one.DebugInformation.SequencePoints.Select(point => Repository.Relative(point.Document.Url)))
                .Where(file => file.StartsWith(folder + '/', StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
                .Select(file => file[(folder.Length + 1)..])
                .Distinct().Order(StringComparer.Ordinal),
        ];
    }

    static IEnumerable<MethodDefinition> Called(MethodDefinition method, ModuleDefinition module)
    {
        if (!method.HasBody)
        {
            return [];
        }

        var called = method.Body.Instructions
            .Select(instruction => instruction.Operand).OfType<MethodReference>()
            .Where(reference => reference.DeclaringType.Scope == module)
            .Select(reference => reference.Resolve());
        return called.Concat(StateMachine(method)).Where(one => one is not null);
    }

    // The body of an async method is in a type of its own, which the runtime calls.
    static IEnumerable<MethodDefinition> StateMachine(MethodDefinition method) =>
        from attribute in method.CustomAttributes
        where attribute.AttributeType.Name is "AsyncStateMachineAttribute" or "IteratorStateMachineAttribute"
        let machine = ((TypeReference)attribute.ConstructorArguments[0].Value).Resolve()
        from one in machine.Methods
        where one.Name == "MoveNext"
        select one;

    static bool IsData(MethodDefinition method) =>
        method.IsGetter || method.IsSetter || (method.IsConstructor && method.DeclaringType.Methods.Any(one => one.Name == "<Clone>$"));
}
