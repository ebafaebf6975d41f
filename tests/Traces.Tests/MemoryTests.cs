using Shop.Traces.Receiving;
using Shop.Traces.Store;

namespace Shop.Traces.Tests;

/// <summary>The limit in bytes is worth as much as the counting is.</summary>
public sealed class MemoryTests(ITestOutputHelper output)
{
    const int Requests = 40;

    TraceStore? _store = new(new());

    [Fact]
    public void What_is_kept_takes_no_more_memory_than_is_counted()
    {
        var state = Fill();
        var with = GC.GetTotalMemory(forceFullCollection: true);
        // What other tests have left goes at any time: only what goes now was the store's.
        _store = null;
        var taken = with - GC.GetTotalMemory(forceFullCollection: true);

        output.WriteLine($"{state.Spans} spans are counted as {state.Bytes:N0} bytes and take {taken:N0}");
        Assert.InRange(taken, 1, state.Bytes);
    }

    // Apart: as long as a method runs that has seen the store, it may not go.
    StoreState Fill()
    {
        for (var request = 0; request < Requests; request++)
        {
            _store!.Add(OtlpTraces.Read(ThroughputTests.Request(request)));
        }

        return _store!.State;
    }
}
