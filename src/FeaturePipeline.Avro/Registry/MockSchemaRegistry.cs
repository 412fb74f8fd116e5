using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>
/// A registry in memory with Confluent's ids, error codes and compatibility levels (BACKWARD unless set), for tests, demos and development.
/// </summary>
/// <remarks>Ids count from 1; the same schema has one id whatever the subject, and a GUID made of its content. Nothing is awaited.</remarks>
public sealed class MockSchemaRegistry : ISchemaRegistry
{
    private static readonly ConcurrentDictionary<string, MockSchemaRegistry> SharedByName = new(StringComparer.Ordinal);

    private readonly Lock _lock = new();
    private readonly List<(SchemaDefinition Definition, Guid Guid)> _schemas = [];
    private readonly Dictionary<string, int> _idOfForm = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Version>> _subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CompatibilityLevel> _levels = new(StringComparer.Ordinal);
    private CompatibilityLevel _global = CompatibilityLevel.Backward;
    private int _requests;

    /// <summary>Makes a registry of its own, shared with nobody.</summary>
    /// <param name="name">Its name in messages.</param>
    public MockSchemaRegistry(string name = "test") => Address = SchemaRegistryOptions.MockScheme + name;

    private sealed record Version(int Number, int Id, SchemaDefinition Definition, string Form, AvroSchema Schema);

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
    public Task<RegisteredSchema> GetByIdAsync(int id, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        if (id < 1 || id > _schemas.Count)
        {
            throw NotFound(SchemaRegistryException.SchemaNotFound, string.Create(CultureInfo.InvariantCulture, $"Schema id {id}"));
        }

        return Make(id, _schemas[id - 1].Definition);
    });

    /// <inheritdoc />
    public Task<RegisteredSchema> GetByGuidAsync(Guid guid, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        var index = _schemas.FindIndex(schema => schema.Guid == guid);
        return index >= 0 ? Make(index + 1, _schemas[index].Definition) : throw NotFound(SchemaRegistryException.SchemaNotFound, $"Schema GUID {guid:D}");
    });

    /// <inheritdoc />
    public Task<RegisteredSchema> GetVersionAsync(string subject, int version, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => Make(subject, FindVersion(subject, version)));

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestAsync(string subject, CancellationToken cancellationToken = default) =>
        Answer(cancellationToken, () => Make(subject, Versions(subject)[^1]));

    /// <inheritdoc />
    public Task<IReadOnlyList<int>> GetVersionsAsync(string subject, CancellationToken cancellationToken = default) =>
        Answer<IReadOnlyList<int>>(cancellationToken, () => [.. Versions(subject).Select(static version => version.Number)]);

    /// <inheritdoc />
    public Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken = default) =>
        Answer<IReadOnlyList<string>>(cancellationToken, () => [.. _subjects.Keys.Order(StringComparer.Ordinal)]);

    /// <inheritdoc />
    public Task<RegisteredSchema> RegisterAsync(
        string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        RegistryRules.Check(schema, $"Registration under subject '{subject}'");
        var form = FormOf(subject, schema, normalize);
        if (_subjects.TryGetValue(subject, out var versions) && Find(versions, form, normalize) is { } known)
        {
            return Make(subject, known);
        }

        var parsed = Parse(subject, schema);
        var reasons = Judge(subject, parsed, versions ?? []);
        if (reasons.Length > 0)
        {
            throw new SchemaRegistryException(
                $"Registration under subject '{subject}': {Address} answered 409: the schema is incompatible with an earlier one "
                + $"(level {LevelOf(subject).ToRegistryName()}): {string.Join("; ", reasons)}. Make the schema compatible, or change the subject's compatibility level.",
                SchemaRegistryException.Incompatible,
                isRetriable: false);
        }

        if (!_idOfForm.TryGetValue(form, out var id))
        {
            _schemas.Add((schema, GuidOf(form)));
            id = _schemas.Count;
            _idOfForm.Add(form, id);
        }

        if (versions is null)
        {
            _subjects.Add(subject, versions = []);
        }

        versions.Add(new Version(versions.Count + 1, id, schema, form, parsed));
        return Make(subject, versions[^1]);
    });

    /// <inheritdoc />
    public Task<RegisteredSchema> LookupAsync(
        string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        var form = FormOf(subject, schema, normalize);
        return Find(Versions(subject), form, normalize) is { } known
            ? Make(subject, known)
            : throw NotFound(SchemaRegistryException.SchemaNotFound, $"Schema under subject '{subject}'");
    });

    /// <inheritdoc />
    public Task<CompatibilityAnswer> TestCompatibilityAsync(
        string subject, SchemaDefinition schema, int? version = null, CancellationToken cancellationToken = default) => Answer(cancellationToken, () =>
    {
        List<Version> history = version is { } number ? [FindVersion(subject, number)] : _subjects.GetValueOrDefault(subject) ?? [];
        var reasons = Judge(subject, Parse(subject, schema), history);
        return new CompatibilityAnswer(reasons.Length == 0, reasons);
    });

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

    private string[] Judge(string subject, AvroSchema schema, List<Version> history) =>
        RegistryRules.Explain(LevelOf(subject), schema, [.. history.Select(static version => (version.Number, version.Schema))]);

    private AvroSchema Parse(string subject, SchemaDefinition schema)
    {
        try
        {
            return RegisteredSchema.Parse(schema.Schema, Resolve(schema), SchemaValidation.Strict);
        }
        catch (Exception exception) when (exception is AvroSchemaException or SchemaRegistryException { IsNotFound: true })
        {
            throw Invalid(subject, exception);
        }
    }

    private RegisteredSchema Make(string subject, Version version) => Make(version.Id, version.Definition) with { Subject = subject, Version = version.Number };

    private RegisteredSchema Make(int id, SchemaDefinition definition)
    {
        RegistryRules.Check(definition, string.Create(CultureInfo.InvariantCulture, $"Schema id {id}"));
        return new RegisteredSchema(id, definition) { Guid = _schemas[id - 1].Guid, Dependencies = Resolve(definition) };
    }

    private IReadOnlyList<string> Resolve(SchemaDefinition definition) =>
        RegistryRules.ResolveAsync(
            definition,
            reference => Task.FromResult(FindVersion(reference.Subject, reference.Version).Definition),
            "Resolution of references").GetAwaiter().GetResult(); // complete already: nothing in it waits

    private List<Version> Versions(string subject) =>
        _subjects.TryGetValue(subject, out var versions) ? versions : throw NotFound(SchemaRegistryException.SubjectNotFound, $"Subject '{subject}'");

    private Version FindVersion(string subject, int version)
    {
        var versions = Versions(subject);
        return version >= 1 && version <= versions.Count
            ? versions[version - 1]
            : throw NotFound(SchemaRegistryException.VersionNotFound, string.Create(CultureInfo.InvariantCulture, $"Version {version} of subject '{subject}'"));
    }

    private static Version? Find(List<Version> versions, string form, bool normalize) =>
        versions.Find(version => string.Equals(normalize ? Form(version.Definition, normalize: true) : version.Form, form, StringComparison.Ordinal));

    private SchemaRegistryException NotFound(int code, string what) =>
        new($"{what} is not in {Address} (code {code.ToString(CultureInfo.InvariantCulture)}). Check the name, or register it first.", code, isRetriable: false);

    private static string FormOf(string subject, SchemaDefinition schema, bool normalize)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            return Form(schema, normalize);
        }
        catch (JsonException exception)
        {
            throw Invalid(subject, exception);
        }
    }

    private static SchemaRegistryException Invalid(string subject, Exception exception) => new(
        $"Subject '{subject}': the schema is not valid (code 42201): {exception.Message}", SchemaRegistryException.InvalidSchema, isRetriable: false, exception);

    // White space never makes a new schema; the order of members does, unless normalised.
    private static string Form(SchemaDefinition schema, bool normalize)
    {
        var text = new StringBuilder((normalize ? Sorted(JsonNode.Parse(schema.Schema)) : JsonNode.Parse(schema.Schema))?.ToJsonString() ?? "null");
        foreach (var reference in schema.References)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{reference.Name}\t{reference.Subject}\t{reference.Version}");
        }

        return text.Append(schema.HasRuleSet ? "\nrules" : "").ToString();
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members
            .OrderBy(static member => member.Key, StringComparer.Ordinal)
            .Select(static member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static Guid GuidOf(string form) => new(SHA256.HashData(Encoding.UTF8.GetBytes(form)).AsSpan(0, 16), bigEndian: true);
}
