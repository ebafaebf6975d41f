using Shop.Traces.Receiving;
using Shop.Traces.Store;

namespace Shop.Traces.Tests;

/// <summary>The count of bytes is right, on which the limit depends.</summary>
public sealed class MemoryTests(ITestOutputHelper output)
{
    const int Requests = 40;

    TraceStore? _store = new(new());

    [Fact]
    public void What_is_kept_takes_no_more_memory_than_is_counted()
    {
        var state = Fill();
        var with = GC.GetTotalMemory(forceFullCollection: true);
        // Memory of other tests may be freed at any time. Only the memory that is freed now was the store's.
        _store = null;
        var taken = with - GC.GetTotalMemory(forceFullCollection: true);

        output.WriteLine($"{state.Spans} spans are counted as {state.Bytes:N0} bytes and take {taken:N0}");
        Assert.InRange(taken, 1, state.Bytes);
    }

    // This is a method of its own, because the store is not freed while a method with a reference to it runs.
    StoreState Fill()
    {
        for (var request = 0; request < Requests; request++)
        {
            _store!.Add(OtlpTraces.Read(ThroughputTests.Request(request)));
        }

        return _store!.State;
    }
}
