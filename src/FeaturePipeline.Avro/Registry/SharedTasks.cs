using System.Collections.Concurrent;

namespace FeaturePipeline.Avro.Registry;

/// <summary>Callers that want the same thing at the same time share one task; once it has ended the next caller starts another.</summary>
internal sealed class SharedTasks<TKey, TValue>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TValue>>> _underWay = new();

    /// <summary>The task that is under way for the key, or a new one.</summary>
    public Task<TValue> GetAsync(TKey key, Func<Task<TValue>> start) =>
        _underWay.GetOrAdd(key, _ => new Lazy<Task<TValue>>(() => RunAsync(key, start))).Value;

    private async Task<TValue> RunAsync(TKey key, Func<Task<TValue>> start)
    {
        try
        {
            return await start();
        }
        finally
        {
            _underWay.TryRemove(key, out _);
        }
    }
}
