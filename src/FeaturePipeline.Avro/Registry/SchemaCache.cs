// From the schema id of a message to a compiled plan, for the hot path.
// Invariant: a plan that was once published under an id is never replaced, so readers need no lock: they see the old table or the new one.
using System.Diagnostics.CodeAnalysis;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>What a <see cref="SchemaCache{TPlan}"/> knows of a schema.</summary>
public enum SchemaStatus
{
    /// <summary>The plan is there.</summary>
    Ready,

    /// <summary>The registry has been asked, or does not answer; ask again.</summary>
    Pending,

    /// <summary>The registry does not have it (believed for a while, then asked again).</summary>
    Unknown,

    /// <summary>The registry has it, but no plan can be made of it.</summary>
    Incompatible,
}

/// <summary>Compiled plans by schema id and GUID. Shared by threads; no lock, no allocation and no Task for a plan that is there.</summary>
/// <typeparam name="TPlan">What is compiled of a schema; immutable.</typeparam>
/// <remarks>The first question for an id starts one fetch and says <see cref="SchemaStatus.Pending"/>. A registry that does not answer
/// keeps it pending, with a growing wait between fetches; nothing that the registry has not denied is ever said to be unknown.</remarks>
public sealed class SchemaCache<TPlan>
    where TPlan : class
{
    private readonly Table<int> _byId;
    private readonly Table<Guid> _byGuid;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="registry">Where schemas come from; not disposed of.</param>
    /// <param name="subject">The subject that ids are asked for with: they are those of its context. Null = the default context.</param>
    /// <param name="compile">Makes the plan; what it throws makes the schema incompatible, with the exception's message.</param>
    /// <param name="timeProvider">Clock of waits and expiry.</param>
    /// <param name="negativeTtl">How long <see cref="SchemaStatus.Unknown"/> is believed. Default 1 min.</param>
    /// <exception cref="ArgumentException">The client can't serve the subject's context, see <see cref="RegistryContext"/>.</exception>
    public SchemaCache(
        ISchemaRegistryClient registry,
        string? subject,
        Func<ResolvedSchema, TPlan> compile,
        TimeProvider timeProvider,
        TimeSpan? negativeTtl = null)
        : this(
            registry,
            subject,
            async (schema, what) => compile(await registry.ResolveAsync(schema, what, RegistryContext.Of(subject))),
            timeProvider,
            negativeTtl)
    {
        ArgumentNullException.ThrowIfNull(compile);
    }

    /// <summary>Makes a cache of plans that take more of the registry than the schema: it is judged and resolved by the caller.</summary>
    internal SchemaCache(
        ISchemaRegistryClient registry,
        string? subject,
        Func<Schema, string, Task<TPlan>> compile,
        TimeProvider timeProvider,
        TimeSpan? negativeTtl = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(timeProvider);
        RegistryContext.Check(registry, RegistryContext.Of(subject));
        var ttl = negativeTtl ?? TimeSpan.FromMinutes(1);
        _byId = new Table<int>(
            id => subject is null ? registry.GetSchemaAsync(id) : registry.GetSchemaBySubjectAndIdAsync(subject, id),
            compile,
            timeProvider,
            ttl,
            static id => FormattableString.Invariant($"Schema id {id}"));
        _byGuid = new Table<Guid>(
            guid => registry.GetSchemaByGuidAsync(guid.ToString("D")), compile, timeProvider, ttl, static guid => $"Schema GUID {guid:D}");
    }

    /// <summary>Why the registry did not answer last, or null if it did: for health.</summary>
    public Exception? LastError => _byId.LastError ?? _byGuid.LastError;

    /// <summary>The plan of an id, if it is there. Starts nothing: <see cref="Find(int, out TPlan)"/> does.</summary>
    public bool TryGet(int id, [NotNullWhen(true)] out TPlan? plan) => _byId.TryGet(id, out plan);

    /// <summary>The plan of a GUID, if it is there. Starts nothing: <see cref="Find(Guid, out TPlan)"/> does.</summary>
    public bool TryGet(Guid guid, [NotNullWhen(true)] out TPlan? plan) => _byGuid.TryGet(guid, out plan);

    /// <summary>The plan of an id, or what is known of it; starts a fetch where one is due.</summary>
    /// <param name="id">Id from a message; a negative one is unknown without asking.</param>
    /// <param name="plan">The plan, if the answer is <see cref="SchemaStatus.Ready"/>.</param>
    public SchemaStatus Find(int id, out TPlan? plan)
    {
        if (_byId.TryGet(id, out plan))
        {
            return SchemaStatus.Ready;
        }

        return id < 0 ? SchemaStatus.Unknown : _byId.Find(id, out plan);
    }

    /// <summary>The plan of a GUID, or what is known of it; starts a fetch where one is due.</summary>
    /// <param name="guid">GUID from a message.</param>
    /// <param name="plan">The plan, if the answer is <see cref="SchemaStatus.Ready"/>.</param>
    public SchemaStatus Find(Guid guid, out TPlan? plan) => _byGuid.TryGet(guid, out plan) ? SchemaStatus.Ready : _byGuid.Find(guid, out plan);

    /// <summary>Why an id has no plan, in words; null if it has one or was never asked for.</summary>
    public string? Explain(int id) => id < 0
        ? FormattableString.Invariant($"Schema id {id} is negative: the message was not written by a registry's client.")
        : _byId.Explain(id);

    /// <summary>Why a GUID has no plan, in words; null if it has one or was never asked for.</summary>
    public string? Explain(Guid guid) => _byGuid.Explain(guid);

    /// <summary>What <see cref="Explain(int)"/> explains; null also for a negative id.</summary>
    internal Exception? ErrorOf(int id) => _byId.ErrorOf(id);

    /// <summary>What <see cref="Explain(Guid)"/> explains.</summary>
    internal Exception? ErrorOf(Guid guid) => _byGuid.ErrorOf(guid);

    /// <summary>Waits until an id is no longer pending, or the registry failed to answer once; an expired <see
    /// cref="SchemaStatus.Unknown"/> is asked for again. For tools, start-up and callers that wait anyway, not for the hot path.</summary>
    public Task<SchemaStatus> FindAsync(int id, CancellationToken cancellationToken = default) =>
        id < 0 ? Task.FromResult(SchemaStatus.Unknown) : _byId.FindAsync(id, cancellationToken);

    /// <summary>As <see cref="FindAsync(int, CancellationToken)"/>, for a GUID.</summary>
    public Task<SchemaStatus> FindAsync(Guid guid, CancellationToken cancellationToken = default) => _byGuid.FindAsync(guid, cancellationToken);

    private sealed class Table<TKey>(
        Func<TKey, Task<Schema>> fetch,
        Func<Schema, string, Task<TPlan>> compile,
        TimeProvider timeProvider,
        TimeSpan negativeTtl,
        Func<TKey, string> describe)
        where TKey : struct, IEquatable<TKey>
    {
        // Ids come from messages: a sender of made-up ids must not fill the memory, nor ask the registry without bound.
        private const int MaxDoubtful = 4096;
        private const int FetchesMax = 16;
        private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

        private readonly Lock _lock = new();
        private readonly Dictionary<TKey, Doubtful> _doubtful = [];
        private Dictionary<TKey, Entry> _plans = [];
        private Entry? _last;
        private Exception? _lastError;
        private int _fetches;

        // One object, so that key and plan are read together.
        private sealed record Entry(TKey Key, TPlan Plan);

        private sealed class Doubtful
        {
            public SchemaStatus Status = SchemaStatus.Pending;
            public Exception? Error;
            public Task? Fetch;
            public long Since;
            public TimeSpan Wait;
        }

        public Exception? LastError => Volatile.Read(ref _lastError);

        public bool TryGet(TKey key, [NotNullWhen(true)] out TPlan? plan)
        {
            if (_last is { } last && last.Key.Equals(key))
            {
                plan = last.Plan;
                return true;
            }

            if (Volatile.Read(ref _plans).TryGetValue(key, out var entry))
            {
                _last = entry;
                plan = entry.Plan;
                return true;
            }

            plan = null;
            return false;
        }

        public SchemaStatus Find(TKey key, out TPlan? plan) => Find(key, FetchesMax, out plan, out _);

        // Whoever waits has one fetch at a time: there are as many as callers.
        public async Task<SchemaStatus> FindAsync(TKey key, CancellationToken cancellationToken)
        {
            var status = Find(key, int.MaxValue, out _, out var fetching);
            if (fetching is null)
            {
                return status;
            }

            await fetching.WaitAsync(cancellationToken);
            return Find(key, FetchesMax, out _, out _);
        }

        private SchemaStatus Find(TKey key, int fetchesMax, out TPlan? plan, out Task? fetching)
        {
            lock (_lock)
            {
                fetching = null;
                if (_plans.TryGetValue(key, out var entry))
                {
                    plan = entry.Plan;
                    return SchemaStatus.Ready;
                }

                plan = null;
                if (!_doubtful.TryGetValue(key, out var doubtful))
                {
                    MakeRoom();
                    _doubtful.Add(key, doubtful = new Doubtful());
                    Start(key, doubtful, fetchesMax);
                }
                else if (doubtful.Fetch is null && timeProvider.GetElapsedTime(doubtful.Since) >= doubtful.Wait)
                {
                    Start(key, doubtful, fetchesMax);
                }

                fetching = doubtful.Fetch;
                return doubtful.Status;
            }
        }

        public string? Explain(TKey key)
        {
            string what = describe(key);
            lock (_lock)
            {
                return !_doubtful.TryGetValue(key, out var doubtful) ? null
                    : doubtful.Error is not { } error ? $"{what} is being fetched."
                    : error.Message.Contains(what, StringComparison.Ordinal) ? error.Message
                    : $"{what}: {error.Message}";
            }
        }

        public Exception? ErrorOf(TKey key)
        {
            lock (_lock)
            {
                return _doubtful.GetValueOrDefault(key)?.Error;
            }
        }

        private void MakeRoom()
        {
            if (_doubtful.Count < MaxDoubtful)
            {
                return;
            }

            foreach (var (key, doubtful) in _doubtful)
            {
                if (doubtful.Fetch is null)
                {
                    _doubtful.Remove(key);
                }
            }
        }

        // An expired "unknown" stays unknown while it is asked for again: a poisoned partition must not stop once a minute.
        private void Start(TKey key, Doubtful doubtful, int fetchesMax)
        {
            if (_fetches >= fetchesMax)
            {
                return; // asked again by the next call
            }

            _fetches++;
            doubtful.Fetch = FetchAsync(key, doubtful);
        }

        private async Task FetchAsync(TKey key, Doubtful doubtful)
        {
            // The caller holds the lock and has no time.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Schema? schema = null;
            try
            {
                schema = await fetch(key);
                TPlan plan = await compile(schema, describe(key));
                Volatile.Write(ref _lastError, null);
                lock (_lock)
                {
                    Volatile.Write(ref _plans, new Dictionary<TKey, Entry>(_plans) { [key] = new Entry(key, plan) });
                    _doubtful.Remove(key);
                    _fetches--;
                }
            }
            catch (Exception exception)
            {
                Fail(doubtful, exception, isThere: schema is not null);
            }
        }

        private void Fail(Doubtful doubtful, Exception exception, bool isThere)
        {
            if (isThere && !exception.IsOfRegistry())
            {
                Volatile.Write(ref _lastError, null);
                Settle(doubtful, SchemaStatus.Incompatible, exception, Timeout.InfiniteTimeSpan);
            }
            else if (exception.IsNotFound(believesBare404: typeof(TKey) == typeof(Guid)))
            {
                // A bare 404 comes from a wrong base path as well, and then everything would be thrown away as unknown. Not so for GUIDs: a
                // registry that has no such path has no such schema.
                Volatile.Write(ref _lastError, null);
                Settle(doubtful, SchemaStatus.Unknown, exception, negativeTtl);
            }
            else
            {
                Volatile.Write(ref _lastError, exception);
                var wait = doubtful.Wait <= TimeSpan.Zero ? FirstWait : doubtful.Wait * 2;
                Settle(doubtful, doubtful.Status, exception, wait < LongestWait ? wait : LongestWait);
            }
        }

        private void Settle(Doubtful doubtful, SchemaStatus status, Exception error, TimeSpan wait)
        {
            lock (_lock)
            {
                doubtful.Status = status;
                doubtful.Error = error;
                doubtful.Since = timeProvider.GetTimestamp();
                doubtful.Wait = wait == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : wait;
                doubtful.Fetch = null;
                _fetches--;
            }
        }
    }
}
