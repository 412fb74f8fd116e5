// Answers that never change are kept for ever, "not found" for a while; callers of the same key at the same time share one fetch.
// A 404 without the protocol's code comes from a proxy or a wrong path as well: it says nothing of what the registry has.
using System.Collections.Concurrent;
using System.Net;

namespace FeaturePipeline.Avro.Registry;

internal sealed class AsyncCache<TKey, TValue>(TimeProvider timeProvider, TimeSpan negativeTtl, bool believesBare404 = false)
    where TKey : notnull
    where TValue : class
{
    // Keys come from messages: a sender of made-up ids must not fill the memory.
    private const int MaxMissing = 10_000;

    private readonly ConcurrentDictionary<TKey, TValue> _values = new();
    private readonly ConcurrentDictionary<TKey, (SchemaRegistryException Error, long Since)> _missing = new();
    private readonly SharedTasks<TKey, TValue> _underWay = new();
    private int _generation;

    /// <summary>The cached answer, or that of <paramref name="fetch"/>, which a caller that gives up does not end for the others.</summary>
    public Task<TValue> GetAsync(TKey key, Func<Task<TValue>> fetch, CancellationToken cancellationToken)
    {
        if (_values.TryGetValue(key, out var value))
        {
            return Task.FromResult(value);
        }

        if (_missing.TryGetValue(key, out var missing))
        {
            if (timeProvider.GetElapsedTime(missing.Since) < negativeTtl)
            {
                var error = missing.Error;
                return Task.FromException<TValue>(new SchemaRegistryException(error.Message, error.ErrorCode, error.IsRetriable));
            }

            _missing.TryRemove(key, out _);
        }

        return _underWay.GetAsync(key, () => FetchAsync(key, fetch)).WaitAsync(cancellationToken);
    }

    /// <summary>Forgets all that was not found, also by fetches under way: something new was registered.</summary>
    public void ForgetMissing()
    {
        Interlocked.Increment(ref _generation);
        _missing.Clear();
    }

    /// <summary>Forgets answers that were thought to be for ever.</summary>
    public void Forget(Func<TKey, bool> match)
    {
        foreach (var key in _values.Keys.Where(match))
        {
            _values.TryRemove(key, out _);
        }
    }

    private async Task<TValue> FetchAsync(TKey key, Func<Task<TValue>> fetch)
    {
        var generation = Volatile.Read(ref _generation);
        try
        {
            // A caller may have looked before the fetch before this one ended.
            return _values.TryGetValue(key, out var value) ? value : _values[key] = await fetch();
        }
        catch (SchemaRegistryException exception) when (exception.IsNotFound && (believesBare404 || exception.ErrorCode != (int)HttpStatusCode.NotFound))
        {
            if (_missing.Count >= MaxMissing)
            {
                _missing.Clear();
            }

            if (generation == Volatile.Read(ref _generation))
            {
                _missing[key] = (exception, timeProvider.GetTimestamp());
            }

            throw;
        }
    }
}
