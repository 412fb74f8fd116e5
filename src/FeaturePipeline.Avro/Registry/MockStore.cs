// What a registry in memory holds. Not safe for threads: its owner locks.
// Invariant: an id stands for one text for ever; a version's number is never used again while its subject exists.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Registry;

/// <summary>One version of a subject.</summary>
internal sealed record MockVersion(int Number, int Id, AvroSchema Schema)
{
    /// <summary>Softly deleted: known by id and to those that refer to it, and to nobody else.</summary>
    public bool IsDeleted { get; set; }
}

/// <summary>A schema as the store keeps it.</summary>
/// <param name="Definition">The text as registries keep it: without white space, its members in the order of Java's Avro.</param>
/// <param name="Schema">The text parsed.</param>
internal sealed record MockText(SchemaDefinition Definition, AvroSchema Schema);

internal sealed class MockStore(string address)
{
    private readonly List<(SchemaDefinition Definition, Guid Guid)> _schemas = [];
    private readonly Dictionary<SchemaDefinition, int> _ids = [];
    private readonly Dictionary<string, List<MockVersion>> _subjects = new(StringComparer.Ordinal);

    /// <summary>Subjects that have a version that is not deleted, in order.</summary>
    public IEnumerable<string> Subjects => _subjects.Keys.Where(subject => Live(subject).Count > 0).Order(StringComparer.Ordinal);

    /// <summary>The versions of a subject that are not deleted, ascending; empty if there is no such subject.</summary>
    public List<MockVersion> Live(string subject) => [.. All(subject).Where(static version => !version.IsDeleted)];

    /// <exception cref="SchemaRegistryException">40401.</exception>
    public List<MockVersion> Versions(string subject) => Live(subject) is { Count: > 0 } versions
        ? versions
        : throw NotFound(SchemaRegistryException.SubjectNotFound, $"Subject '{subject}'");

    /// <exception cref="SchemaRegistryException">40401, 40402.</exception>
    public MockVersion Find(string subject, int version) => Versions(subject).Find(found => found.Number == version) ?? throw NotFound(subject, version);

    /// <summary>The version that holds a text, or null.</summary>
    public MockVersion? Find(string subject, MockText text) =>
        _ids.TryGetValue(text.Definition, out var id) ? Live(subject).Find(version => version.Id == id) : null;

    /// <summary>The version that holds the same schema with references where the text has their types in itself, or null: serializers look up texts
    /// that stand for themselves.</summary>
    public MockVersion? FindReferring(string subject, MockText text) => text.Definition.References.Count > 0 ? null : Live(subject).Find(version =>
        _schemas[version.Id - 1].Definition.References.Count > 0 && version.Schema.ToString() == text.Schema.ToString());

    /// <exception cref="SchemaRegistryException">40403.</exception>
    public RegisteredSchema Get(int id)
    {
        if (id < 1 || id > _schemas.Count || !IsHeld(id))
        {
            throw NotFound(SchemaRegistryException.SchemaNotFound, string.Create(CultureInfo.InvariantCulture, $"Schema id {id}"));
        }

        var (definition, guid) = _schemas[id - 1];
        RegistryRules.Check(definition, string.Create(CultureInfo.InvariantCulture, $"Schema id {id}"));
        return new RegisteredSchema(id, definition) { Guid = guid, Dependencies = Resolve(definition) };
    }

    /// <exception cref="SchemaRegistryException">40403.</exception>
    public RegisteredSchema Get(Guid guid)
    {
        var index = _schemas.FindIndex(schema => schema.Guid == guid);
        return index >= 0 && IsHeld(index + 1) ? Get(index + 1) : throw NotFound(SchemaRegistryException.SchemaNotFound, $"Schema GUID {guid:D}");
    }

    public RegisteredSchema Get(string subject, MockVersion version) => Get(version.Id) with { Subject = subject, Version = version.Number };

    public MockVersion Add(string subject, MockText text)
    {
        if (!_ids.TryGetValue(text.Definition, out var id))
        {
            _schemas.Add((text.Definition, GuidOf(text.Definition)));
            id = _schemas.Count;
            _ids.Add(text.Definition, id);
        }

        if (!_subjects.TryGetValue(subject, out var versions))
        {
            _subjects.Add(subject, versions = []);
        }

        var added = new MockVersion(versions.Count == 0 ? 1 : versions[^1].Number + 1, id, text.Schema);
        versions.Add(added);
        return added;
    }

    /// <exception cref="SchemaRegistryException">42201.</exception>
    public MockText Read(string subject, SchemaDefinition schema, bool normalize)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        RegistryRules.Check(schema, $"Subject '{subject}'");
        try
        {
            var references = RegisteredSchema.ParseAll(Resolve(schema));
            var parsed = AvroSchema.Parse(schema.Schema, references);
            var text = SchemaPrinter.Json(parsed, references);
            return new MockText(
                normalize
                    ? schema with { Schema = MockNormalForm.Of(text), References = [.. schema.References.OrderBy(static reference => reference.Name, StringComparer.Ordinal)] }
                    : schema with { Schema = text },
                parsed);
        }
        catch (Exception exception) when (exception is AvroSchemaException or SchemaRegistryException { IsNotFound: true })
        {
            throw new SchemaRegistryException(
                $"Subject '{subject}': the schema is not valid (code 42201): {exception.Message}", SchemaRegistryException.InvalidSchema, isRetriable: false, exception);
        }
    }

    /// <summary>Deletes every version of a subject.</summary>
    /// <exception cref="SchemaRegistryException">40401, 40404 if it is softly deleted already, 40405 if it must be softly deleted first.</exception>
    public int[] Delete(string subject, bool permanently)
    {
        var all = All(subject);
        var live = Live(subject);
        if (all.Count == 0)
        {
            throw NotFound(SchemaRegistryException.SubjectNotFound, $"Subject '{subject}'");
        }

        if (permanently)
        {
            Require(live.Count == 0, SchemaRegistryException.SubjectNotSoftDeleted, $"Subject '{subject}' is not deleted softly, which comes first");
            all.ForEach(version => CheckNotReferred(subject, version));
            _subjects.Remove(subject);
            return [.. all.Select(static version => version.Number)];
        }

        Require(live.Count > 0, SchemaRegistryException.SubjectSoftDeleted, $"Subject '{subject}' is deleted softly already");
        live.ForEach(version => CheckNotReferred(subject, version));
        live.ForEach(static version => version.IsDeleted = true);
        return [.. live.Select(static version => version.Number)];
    }

    /// <summary>Deletes one version of a subject.</summary>
    /// <exception cref="SchemaRegistryException">40401, 40402, 40406 if it is softly deleted already, 40407 if it must be softly deleted first,
    /// 42206 if another schema refers to it.</exception>
    public int Delete(string subject, int number, bool permanently)
    {
        var all = All(subject);
        var version = all.Find(found => found.Number == number)
            ?? throw (all.Count == 0 ? NotFound(SchemaRegistryException.SubjectNotFound, $"Subject '{subject}'") : NotFound(subject, number));
        var what = string.Create(CultureInfo.InvariantCulture, $"Version {number} of subject '{subject}'");
        Require(permanently || !version.IsDeleted, SchemaRegistryException.VersionSoftDeleted, $"{what} is deleted softly already");
        Require(!permanently || version.IsDeleted, SchemaRegistryException.VersionNotSoftDeleted, $"{what} is not deleted softly, which comes first");
        CheckNotReferred(subject, version);
        version.IsDeleted = true;
        if (permanently)
        {
            all.Remove(version);
            if (all.Count == 0)
            {
                _subjects.Remove(subject);
            }
        }

        return number;
    }

    private List<MockVersion> All(string subject) => _subjects.GetValueOrDefault(subject) ?? [];

    private bool IsHeld(int id) => _subjects.Values.Any(versions => versions.Exists(version => version.Id == id));

    private IReadOnlyList<string> Resolve(SchemaDefinition definition) =>
        RegistryRules.ResolveAsync(
            definition,
            reference => Task.FromResult(_schemas[FindReferred(reference).Id - 1].Definition),
            "Resolution of references").GetAwaiter().GetResult(); // complete already: nothing in it waits

    private MockVersion FindReferred(SchemaReference reference) =>
        All(reference.Subject).Find(version => version.Number == reference.Version) ?? throw NotFound(reference.Subject, reference.Version);

    private void CheckNotReferred(string subject, MockVersion version)
    {
        var user = _subjects.FirstOrDefault(other => other.Value.Exists(held =>
            !held.IsDeleted && _schemas[held.Id - 1].Definition.References.Any(reference => reference.Subject == subject && reference.Version == version.Number))).Key;
        Require(
            user is null,
            SchemaRegistryException.ReferenceExists,
            string.Create(CultureInfo.InvariantCulture, $"Version {version.Number} of subject '{subject}' is referred to by subject '{user}'"));
    }

    private static void Require(bool holds, int code, string otherwise)
    {
        if (!holds)
        {
            throw new SchemaRegistryException($"{otherwise} (code {code.ToString(CultureInfo.InvariantCulture)}).", code, isRetriable: false);
        }
    }

    private SchemaRegistryException NotFound(string subject, int version) =>
        NotFound(SchemaRegistryException.VersionNotFound, string.Create(CultureInfo.InvariantCulture, $"Version {version} of subject '{subject}'"));

    private SchemaRegistryException NotFound(int code, string what) =>
        new($"{what} is not in {address} (code {code.ToString(CultureInfo.InvariantCulture)}). Check the name and SchemaRegistry:Url, or register it first.", code, isRetriable: false);

    private static Guid GuidOf(SchemaDefinition definition)
    {
        var text = new StringBuilder(definition.Schema);
        foreach (var reference in definition.References)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{reference.Name}\t{reference.Subject}\t{reference.Version}");
        }

        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16), bigEndian: true);
    }
}
