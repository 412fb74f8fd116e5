using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>
/// A registry in memory with Confluent's ids, contexts, error codes and compatibility levels (BACKWARD unless set), for tests, demos and
/// development.
/// </summary>
/// <remarks>Ids count from 1 in each context; the same schema has one id whatever the subject, and a GUID made of its content. Texts are
/// kept as Confluent keeps them: white space and the order of members make no other schema. Nothing is awaited.</remarks>
public sealed class MockSchemaRegistry : ISchemaRegistryClient
{
    private static readonly ConcurrentDictionary<string, MockSchemaRegistry> SharedByName = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly string _address;
    private readonly Dictionary<string, MockStore> _stores = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CompatibilityLevel> _levels = new(StringComparer.Ordinal);
    private readonly MockAssociations _associations = new();
    private CompatibilityLevel _global = CompatibilityLevel.Backward;
    private int _requests;

    /// <summary>Makes a registry of its own, shared with nobody.</summary>
    /// <param name="name">Its name in messages.</param>
    public MockSchemaRegistry(string name = "test")
    {
        _address = SchemaRegistryOptions.MockScheme + name;
        Config = new SchemaRegistryConfig { Url = _address };
    }

    /// <summary>The process's registry of that name, made when it is first asked for.</summary>
    /// <param name="name">What follows <c>mock://</c>.</param>
    public static MockSchemaRegistry Shared(string name) => SharedByName.GetOrAdd(name, static n => new MockSchemaRegistry(n));

    /// <summary>Forgets the shared registry of that name; clients that hold it keep it.</summary>
    /// <param name="name">What follows <c>mock://</c>.</param>
    public static void Drop(string name) => SharedByName.TryRemove(name, out _);

    /// <summary>While true every call fails as if nobody answered: for tests of what waits for a registry.</summary>
    public bool IsAway { get; set; }

    /// <summary>Calls so far, failed ones too.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The client's settings: the address, and what a test sets.</summary>
    public IEnumerable<KeyValuePair<string, string>> Config { get; set; }

    /// <summary>None.</summary>
    public IAuthenticationHeaderValueProvider AuthHeaderProvider => null!;

    /// <summary>None.</summary>
    public IWebProxy Proxy => null!;

    /// <inheritdoc />
    public int MaxCachedSchemas => CachedSchemaRegistryClient.DefaultMaxCachedSchemas;

    /// <inheritdoc />
    public Task<int> RegisterSchemaAsync(string subject, string avroSchema, bool normalize = false) =>
        RegisterSchemaAsync(subject, new Schema(avroSchema, SchemaType.Avro), normalize);

    /// <inheritdoc />
    public async Task<int> RegisterSchemaAsync(string subject, Schema schema, bool normalize = false) =>
        (await RegisterSchemaWithResponseAsync(subject, schema, normalize)).Id;

    /// <inheritdoc />
    public Task<RegisteredSchema> RegisterSchemaWithResponseAsync(string subject, Schema schema, bool normalize = false) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        var text = store.Read(name, schema, normalize);
        if (store.Find(name, text) is { } known)
        {
            return store.Describe(subject, known);
        }

        var reasons = Judge(subject, text.Schema, store.Live(name));
        return reasons.Length == 0 ? store.Describe(subject, store.Add(name, text)) : throw MockStore.Refused(
            RegistryErrors.Incompatible,
            $"Registration under subject '{subject}' in {_address}: the schema is incompatible with an earlier one "
            + $"(level {LevelOf(subject).ToRegistryName()}): {string.Join("; ", reasons)}. "
            + "Make the schema compatible, or change the subject's compatibility level");
    });

    /// <inheritdoc />
    public Task<int> GetSchemaIdAsync(string subject, string avroSchema, bool normalize = false) =>
        GetSchemaIdAsync(subject, new Schema(avroSchema, SchemaType.Avro), normalize);

    /// <inheritdoc />
    public async Task<int> GetSchemaIdAsync(string subject, Schema schema, bool normalize = false) =>
        (await LookupSchemaAsync(subject, schema, ignoreDeletedSchemas: true, normalize)).Id;

    /// <inheritdoc />
    public Task<RegisteredSchema> LookupSchemaAsync(string subject, Schema schema, bool ignoreDeletedSchemas, bool normalize = false) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        var text = store.Read(name, schema, normalize);
        _ = store.Versions(name);
        var known = store.Find(name, text) ?? store.FindReferring(name, text);
        return known is not null ? store.Describe(subject, known) : throw MockStore.Refused(
            RegistryErrors.SchemaNotFound, $"The schema is not under subject '{subject}' in {_address}. Register it first");
    });

    /// <inheritdoc />
    public Task<Schema> GetSchemaAsync(int id, string? format = null) => Answer(() => Store(RegistryContext.Default).Get(id));

    /// <inheritdoc />
    public Task<Schema> GetSchemaBySubjectAndIdAsync(string subject, int id, string? format = null) =>
        Answer(() => Store(RegistryContext.Of(subject)).Get(id));

    /// <inheritdoc />
    public Task<Schema> GetSchemaByGuidAsync(string guid, string? format = null) => Answer(() =>
        Guid.TryParse(guid, out var parsed) && _stores.Values.Select(store => store.Find(parsed)).OfType<Schema>().FirstOrDefault() is { } schema
            ? schema
            : throw MockStore.Refused(RegistryErrors.SchemaNotFound, $"Schema GUID {guid} is not in {_address}"));

    /// <inheritdoc />
    public Task<RegisteredSchema> GetRegisteredSchemaAsync(string subject, int version, bool ignoreDeletedSchemas = true) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        return store.Describe(subject, store.Find(name, Valid(version), ignoreDeletedSchemas));
    });

    /// <inheritdoc />
    public async Task<string> GetSchemaAsync(string subject, int version) => (await GetRegisteredSchemaAsync(subject, version)).SchemaString;

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestSchemaAsync(string subject) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        return store.Describe(subject, store.Versions(name)[^1]);
    });

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestWithMetadataAsync(
        string subject, IDictionary<string, string> metadata, bool ignoreDeletedSchemas) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        return store.Versions(name).Select(version => store.Describe(subject, version)).LastOrDefault(Has)
            ?? throw MockStore.Refused(RegistryErrors.SchemaNotFound, $"Subject '{subject}' in {_address} has no version with that metadata");

        bool Has(RegisteredSchema version) => metadata.All(wanted =>
            version.Metadata?.Properties is { } properties && properties.TryGetValue(wanted.Key, out var value) && value == wanted.Value);
    });

    /// <inheritdoc />
    public Task<List<string>> GetAllSubjectsAsync() => Answer<List<string>>(() =>
    [
        .. _stores
            .SelectMany(static store => store.Value.Subjects.Select(subject => RegistryContext.Qualified(subject, store.Key)))
            .Order(StringComparer.Ordinal),
    ]);

    /// <inheritdoc />
    public Task<List<int>> GetSubjectVersionsAsync(string subject) => Answer<List<int>>(() =>
    {
        var (store, name) = Locate(subject);
        return [.. store.Versions(name).Select(static version => version.Number)];
    });

    /// <inheritdoc />
    public Task<bool> IsCompatibleAsync(string subject, string avroSchema) => IsCompatibleAsync(subject, new Schema(avroSchema, SchemaType.Avro));

    /// <summary>Whether a schema may follow the latest version of a subject; one without versions takes every schema.</summary>
    public Task<bool> IsCompatibleAsync(string subject, Schema schema) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        return Judge(subject, store.Read(name, schema, normalize: false).Schema, [.. store.Live(name).TakeLast(1)]).Length == 0;
    });

    /// <inheritdoc />
    public string ConstructKeySubjectName(string topic, string? recordType = null) =>
        $"{topic}-key";

    /// <inheritdoc />
    public string ConstructValueSubjectName(string topic, string? recordType = null) =>
        $"{topic}-value";

    /// <inheritdoc />
    public Task<Compatibility> GetCompatibilityAsync(string? subject = null) => Answer(() => LevelOf(subject).ToConfluent());

    /// <inheritdoc />
    public Task<Compatibility> UpdateCompatibilityAsync(Compatibility compatibility, string? subject = null) => Answer(() =>
    {
        var level = compatibility.ToLevel();
        _ = subject is null ? _global = level : _levels[subject] = level;
        return compatibility;
    });

    /// <summary>Does nothing: there is no cache.</summary>
    public void ClearLatestCaches()
    {
    }

    /// <summary>Does nothing: there is no cache.</summary>
    public void ClearCaches()
    {
    }

    /// <inheritdoc />
    public Task<List<Association>> GetAssociationsByResourceNameAsync(
        string resourceName, string resourceNamespace, string resourceType, List<string> associationTypes, string lifecycle, int offset, int limit) =>
        Answer(() => _associations.Find(resourceName, resourceNamespace, resourceType, associationTypes, lifecycle, offset, limit));

    /// <inheritdoc />
    public Task<AssociationResponse> CreateAssociationAsync(AssociationCreateOrUpdateRequest request) => Answer(() => _associations.Add(request));

    /// <inheritdoc />
    public Task DeleteAssociationsAsync(string resourceId, string resourceType, List<string> associationTypes, bool cascadeLifecycle) => Answer(() =>
    {
        _associations.Delete(resourceId, resourceType, associationTypes);
        return true;
    });

    /// <summary>Deletes a subject: softly (ids still work, new registrations begin with the next version), or for good what is softly
    /// deleted.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="permanently">For good. Messages with ids of this subject alone can't be read any more.</param>
    /// <returns>The versions that were deleted. Errors: 40401, 40404, 40405, 42206.</returns>
    public Task<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanently = false) => Answer<IReadOnlyList<int>>(() =>
    {
        var (store, name) = Locate(subject);
        return store.Delete(name, permanently);
    });

    /// <summary>Deletes one version of a subject, softly or for good as <see cref="DeleteSubjectAsync"/>.</summary>
    /// <returns>The version. Errors: 40401, 40402, 40406, 40407, 42206.</returns>
    public Task<int> DeleteVersionAsync(string subject, int version, bool permanently = false) => Answer(() =>
    {
        var (store, name) = Locate(subject);
        return store.Delete(name, Valid(version), permanently);
    });

    /// <summary>Does nothing: the schemas outlive their clients.</summary>
    public void Dispose()
    {
    }

    private Task<T> Answer<T>(Func<T> answer)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            lock (_lock)
            {
                return IsAway
                    ? throw new HttpRequestException(HttpRequestError.ConnectionError, $"{_address} can't be reached (it is told to be away).")
                    : Task.FromResult(answer());
            }
        }
        catch (HttpRequestException exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    private (MockStore Store, string Name) Locate(string subject) => (Store(RegistryContext.Of(subject)), RegistryContext.Unqualified(subject));

    private MockStore Store(string context)
    {
        if (!_stores.TryGetValue(context, out var store))
        {
            _stores.Add(context, store = new MockStore(_address, context, (subject, version) =>
                Locate(subject) is var (other, name) ? other.FindReferred(name, version) : null));
        }

        return store;
    }

    private CompatibilityLevel LevelOf(string? subject) => subject is not null && _levels.TryGetValue(subject, out var level) ? level : _global;

    private string[] Judge(string subject, AvroSchema schema, List<MockVersion> history) =>
        RegistryCompatibility.Explain(LevelOf(subject), schema, [.. history.Select(static version => (version.Number, version.Schema))]);

    private static int Valid(int version) => version >= 1 ? version : throw MockStore.Refused(
        RegistryErrors.InvalidVersion, string.Create(CultureInfo.InvariantCulture, $"Version {version} is not a version: they count from 1"));
}
