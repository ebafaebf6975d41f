using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Shop.Messaging;

/// <summary>One commit lane for each endpoint.</summary>
sealed class EndpointLanes<TDb>(IServiceProvider services, IOptions<MessagingOptions> options) : IAsyncDisposable
    where TDb : DbContext
{
    readonly ConcurrentDictionary<string, CommitLane<TDb>> _lanes = new();

    public CommitLane<TDb> For(string endpoint) => _lanes.GetOrAdd(endpoint, Create);

    public async ValueTask DisposeAsync()
    {
        foreach (var lane in _lanes.Values)
        {
            await lane.DisposeAsync();
        }
    }

    CommitLane<TDb> Create(string endpoint) =>
        new(endpoint, services, options.Value.BatchSizeMax, waitingMax: options.Value.ConcurrentMessages * 2);
}
