using System.Collections.Concurrent;
using System.Globalization;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>
/// A registry in memory with Confluent's ids, error codes and compatibility levels (BACKWARD unless set), for tests, demos and development.
/// </summary>
/// <remarks>Ids count from 1; the same schema has one id whatever the subject, and a GUID made of its content. Texts are kept as Confluent keeps
/// them: white space and the order of members make no other schema. Nothing is awaited.</remarks>
public sealed class MockSchemaRegistry : ISchemaRegistry
{
    private static readonly ConcurrentDictionary<string, MockSchemaRegistry> SharedByName = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly MockStore _store;
    private readonly Dictionary<string, CompatibilityLevel> _levels = new(StringComparer.Ordinal);
    private CompatibilityLevel _global = CompatibilityLevel.Backward;
    private int _requests;

    /// <summary>Makes a registry of its own, shared with nobody.</summary>
    /// <param name="name">Its name in messages.</param>
    public MockSchemaRegistry(string name = "test")
    {
        Address = SchemaRegistryOptions.MockScheme + name;
        _store = new MockStore(Address);
    }

    /// <summary>The process's registry of that name, made when it is first asked for.</summary>
    /// <param name="name">What follows <c>mock://</c>.</param>
    public static MockSchemaRegistry Shared(string name) => SharedByName.GetOrAdd(name, static n => new MockSchemaRegistry(n));

    /// <summary>Forgets the shared registry of that name; clients that hold it keep it.</summary>
    /// <param name="name">What follows <c>mock://</c>.</param>
    public static void Drop(string name) => SharedByName.TryRemove(name, out _);

    /// <inheritdoc />
    public string Address { get; }

    /// <summary>While true every call fails as if nobody answered: for tests of what waits for a registry.</summary>
    public bool IsAway { get; set; }

    /// <summary>Calls so far, failed ones too.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <inheritdoc />
    public Task<RegisteredSchema> GetByIdAsync(int id, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => _store.Get(id));

    /// <inheritdoc />
    public Task<RegisteredSchema> GetByGuidAsync(Guid guid, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => _store.Get(guid));

    /// <inheritdoc />
    public Task<RegisteredSchema> GetVersionAsync(string subject, int version, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => _store.Get(subject, FindVersion(subject, version)));

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestAsync(string subject, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => _store.Get(subject, _store.Versions(subject)[^1]));

    /// <inheritdoc />
    public Task<IReadOnlyList<int>> GetVersionsAsync(string subject, CancellationToken cancellationToken = default) =>
        Answer<IReadOnlyList<int>>(cancellationToken, () => [.. _store.Versions(subject).Select(static version => version.Number)]);

    /// <inheritdoc />
    public Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken = default) =>
        Answer<IReadOnlyList<string>>(cancellationToken, () => [.. _store.Subjects]);

    /// <inheritdoc />
    public Task<RegisteredSchema> RegisterAsync(
        string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        var text = _store.Read(subject, schema, normalize);
        if (_store.Find(subject, text) is { } known)
        {
            return _store.Get(subject, known);
        }

        var reasons = Judge(subject, text.Schema, _store.Live(subject));
        return reasons.Length == 0 ? _store.Get(subject, _store.Add(subject, text)) : throw new SchemaRegistryException(
            $"Registration under subject '{subject}': {Address} answered 409: the schema is incompatible with an earlier one "
            + $"(level {LevelOf(subject).ToRegistryName()}): {string.Join("; ", reasons)}. Make the schema compatible, or change the subject's compatibility level.",
            SchemaRegistryException.Incompatible,
            isRetriable: false);
    });

    /// <inheritdoc />
    public Task<RegisteredSchema> LookupAsync(
        string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        var text = _store.Read(subject, schema, normalize);
        _ = _store.Versions(subject);
        return (_store.Find(subject, text) ?? _store.FindReferring(subject, text)) is { } known ? _store.Get(subject, known) : throw new SchemaRegistryException(
            $"The schema is not under subject '{subject}' in {Address} (code 40403). Register it first.", SchemaRegistryException.SchemaNotFound, isRetriable: false);
    });

    /// <inheritdoc />
    public Task<CompatibilityAnswer> TestCompatibilityAsync(
        string subject, SchemaDefinition schema, int? version = null, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        var candidate = _store.Read(subject, schema, normalize: false).Schema;
        var reasons = Judge(subject, candidate, version is { } number ? [FindVersion(subject, number)] : _store.Live(subject));
        return new CompatibilityAnswer(reasons.Length == 0, reasons);
    });

    /// <inheritdoc />
    public Task<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanently = false, CancellationToken cancellationToken = default) =>
        Answer<IReadOnlyList<int>>(cancellationToken, () => _store.Delete(subject, permanently));

    /// <inheritdoc />
    public Task<int> DeleteVersionAsync(string subject, int version, bool permanently = false, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => _store.Delete(subject, Valid(version), permanently));

    /// <inheritdoc />
    public Task<CompatibilityLevel> GetConfigAsync(string? subject = null, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => LevelOf(subject));

    /// <inheritdoc />
    public Task SetConfigAsync(CompatibilityLevel level, string? subject = null, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => subject is null ? _global = level : _levels[subject] = level);

    /// <summary>Does nothing: the schemas outlive their clients.</summary>
    public void Dispose()
    {
    }

    private Task<T> Answer<T>(CancellationToken cancellationToken, Func<T> answer)
    {
        Interlocked.Increment(ref _requests);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            lock (_lock)
            {
                return IsAway
                    ? throw new SchemaRegistryException($"{Address} can't be reached (it is told to be away).", errorCode: 0, isRetriable: true)
                    : Task.FromResult(answer());
            }
        }
        catch (SchemaRegistryException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    private CompatibilityLevel LevelOf(string? subject) => subject is not null && _levels.TryGetValue(subject, out var level) ? level : _global;

    private string[] Judge(string subject, AvroSchema schema, List<MockVersion> history) =>
        RegistryRules.Explain(LevelOf(subject), schema, [.. history.Select(static version => (version.Number, version.Schema))]);

    private MockVersion FindVersion(string subject, int version) => _store.Find(subject, Valid(version));

    private static int Valid(int version) => version >= 1 ? version : throw new SchemaRegistryException(
        string.Create(CultureInfo.InvariantCulture, $"Version {version} is not a version: they count from 1 (code 42202)."),
        SchemaRegistryException.InvalidVersion,
        isRetriable: false);
}
