// What a registry in memory holds. Not safe for threads: its owner locks.
// Invariant: an id stands for one text for ever; a version's number is never used again while its subject exists.
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Confluent.SchemaRegistry;
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
internal sealed record MockText(Schema Definition, AvroSchema Schema);

/// <summary>The schemas of one context.</summary>
/// <param name="address">The registry's, for messages.</param>
/// <param name="context">The context, with its leading dot.</param>
/// <param name="referred">Finds a version of a subject by its full name, for references from here into any context.</param>
internal sealed class MockStore(string address, string context, Func<string, int, Schema?> referred)
{
    private readonly List<(Schema Definition, Guid Guid)> _schemas = [];
    private readonly Dictionary<Schema, int> _ids = [];
    private readonly Dictionary<string, List<MockVersion>> _subjects = new(StringComparer.Ordinal);

    /// <summary>Subjects that have a version that is not deleted, in order.</summary>
    public IEnumerable<string> Subjects => _subjects.Keys.Where(subject => Live(subject).Count > 0).Order(StringComparer.Ordinal);

    /// <summary>The versions of a subject that are not deleted, ascending; empty if there is no such subject.</summary>
    public List<MockVersion> Live(string subject) => [.. All(subject).Where(static version => !version.IsDeleted)];

    /// <exception cref="SchemaRegistryException">40401.</exception>
    public List<MockVersion> Versions(string subject) => Live(subject) is { Count: > 0 } versions
        ? versions
        : throw NotFound(RegistryErrors.SubjectNotFound, $"Subject '{subject}'");

    /// <exception cref="SchemaRegistryException">40401, 40402.</exception>
    public MockVersion Find(string subject, int version, bool ignoreDeleted = true) =>
        (ignoreDeleted ? Versions(subject) : All(subject)).Find(found => found.Number == version) ?? throw NotFound(subject, version);

    /// <summary>The version that holds a text, or null.</summary>
    public MockVersion? Find(string subject, MockText text) =>
        _ids.TryGetValue(text.Definition, out var id) ? Live(subject).Find(version => version.Id == id) : null;

    /// <summary>The version that holds the same schema with references where the text has their types in itself, or null: serializers look
    /// up texts that stand for themselves.</summary>
    public MockVersion? FindReferring(string subject, MockText text) => text.Definition.References.Count > 0 ? null : Live(subject).Find(version =>
        _schemas[version.Id - 1].Definition.References.Count > 0 && version.Schema.ToString() == text.Schema.ToString());

    /// <exception cref="SchemaRegistryException">40403.</exception>
    public Schema Get(int id) => id >= 1 && id <= _schemas.Count && IsHeld(id)
        ? _schemas[id - 1].Definition
        : throw NotFound(RegistryErrors.SchemaNotFound, string.Create(CultureInfo.InvariantCulture, $"Schema id {id}"));

    /// <summary>The schema of a GUID, or null.</summary>
    public Schema? Find(Guid guid)
    {
        int index = _schemas.FindIndex(schema => schema.Guid == guid);
        return index >= 0 && IsHeld(index + 1) ? _schemas[index].Definition : null;
    }

    /// <summary>A version as clients are given it.</summary>
    /// <param name="subject">The subject's full name.</param>
    /// <param name="version">The version.</param>
    public RegisteredSchema Describe(string subject, MockVersion version)
    {
        var (schema, guid) = _schemas[version.Id - 1];
        return new RegisteredSchema(subject, version.Number, version.Id, guid.ToString("D"), schema.SchemaString, SchemaType.Avro, schema.References)
        {
            Metadata = schema.Metadata,
            RuleSet = schema.RuleSet,
        };
    }

    /// <summary>The schema of a version, softly deleted or not, or null.</summary>
    public Schema? FindReferred(string subject, int number) =>
        All(subject).Find(version => version.Number == number) is { } found ? _schemas[found.Id - 1].Definition : null;

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
    public MockText Read(string subject, Schema schema, bool normalize)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            SchemaResolution.CheckIsAvro(schema, $"Subject '{subject}'");
            var references = ResolvedSchema.ParseAll(Resolve(schema));
            var parsed = AvroSchema.Parse(schema.SchemaString, references, SchemaValidation.Java);
            var text = SchemaPrinter.Json(parsed, references);
            List<SchemaReference> given = schema.References ?? [];
            return new MockText(
                new Schema(
                    normalize ? MockNormalForm.Of(text) : text,
                    normalize ? [.. given.OrderBy(static reference => reference.Name, StringComparer.Ordinal)] : given,
                    SchemaType.Avro,
                    schema.Metadata,
                    schema.RuleSet),
                parsed);
        }
        catch (Exception exception) when (exception is AvroSchemaException or UnsupportedSchemaException || exception.IsNotFound())
        {
            throw Refused(RegistryErrors.InvalidSchema, $"Subject '{subject}': the schema is not valid: {exception.Message}");
        }
    }

    /// <summary>Deletes every version of a subject.</summary>
    /// <exception cref="SchemaRegistryException">40401, 40404 if it is softly deleted already, 40405 if it must be softly deleted
    /// first.</exception>
    public int[] Delete(string subject, bool permanently)
    {
        var all = All(subject);
        var live = Live(subject);
        if (all.Count == 0)
        {
            throw NotFound(RegistryErrors.SubjectNotFound, $"Subject '{subject}'");
        }

        if (permanently)
        {
            Require(live.Count == 0, RegistryErrors.SubjectNotSoftDeleted, $"Subject '{subject}' is not deleted softly, which comes first");
            all.ForEach(version => CheckNotReferred(subject, version));
            _subjects.Remove(subject);
            return [.. all.Select(static version => version.Number)];
        }

        Require(live.Count > 0, RegistryErrors.SubjectSoftDeleted, $"Subject '{subject}' is deleted softly already");
        live.ForEach(version => CheckNotReferred(subject, version));
        live.ForEach(static version => version.IsDeleted = true);
        return [.. live.Select(static version => version.Number)];
    }

    /// <summary>Deletes one version of a subject.</summary>
    /// <exception cref="SchemaRegistryException">40401, 40402, 40406 if it is softly deleted already, 40407 if it must be softly deleted
    /// first, 42206 if another schema refers to it.</exception>
    public int Delete(string subject, int number, bool permanently)
    {
        var all = All(subject);
        var version = all.Find(found => found.Number == number)
            ?? throw (all.Count == 0 ? NotFound(RegistryErrors.SubjectNotFound, $"Subject '{subject}'") : NotFound(subject, number));
        var what = string.Create(CultureInfo.InvariantCulture, $"Version {number} of subject '{subject}'");
        Require(permanently || !version.IsDeleted, RegistryErrors.VersionSoftDeleted, $"{what} is deleted softly already");
        Require(!permanently || version.IsDeleted, RegistryErrors.VersionNotSoftDeleted, $"{what} is not deleted softly, which comes first");
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

    private IReadOnlyList<string> Resolve(Schema definition) =>
        SchemaResolution.DependenciesAsync(
            definition,
            reference => Task.FromResult(
                referred(RegistryContext.Qualified(reference.Subject, context), reference.Version)
                ?? throw NotFound(reference.Subject, reference.Version)),
            "Resolution of references").GetAwaiter().GetResult(); // complete already: nothing in it waits

    private void CheckNotReferred(string subject, MockVersion version)
    {
        var user = _subjects.FirstOrDefault(other => other.Value.Exists(held => !held.IsDeleted && Refers(held))).Key;
        Require(
            user is null,
            RegistryErrors.ReferenceExists,
            string.Create(CultureInfo.InvariantCulture, $"Version {version.Number} of subject '{subject}' is referred to by subject '{user}'"));

        bool Refers(MockVersion held) => _schemas[held.Id - 1].Definition.References.Exists(reference =>
            RegistryContext.Unqualified(reference.Subject) == subject && reference.Version == version.Number);
    }

    private static void Require(bool holds, int code, string otherwise)
    {
        if (!holds)
        {
            throw Refused(code, otherwise);
        }
    }

    private SchemaRegistryException NotFound(string subject, int version) =>
        NotFound(RegistryErrors.VersionNotFound, string.Create(CultureInfo.InvariantCulture, $"Version {version} of subject '{subject}'"));

    private SchemaRegistryException NotFound(int code, string what) =>
        Refused(code, $"{what} is not in {address}. Check the name and SchemaRegistry:Url, or register it first");

    /// <summary>The protocol's answer no.</summary>
    /// <param name="code">409 or 4xxyy.</param>
    /// <param name="message">What, and the remedy, without its full stop.</param>
    internal static SchemaRegistryException Refused(int code, string message) =>
        new(message, (HttpStatusCode)(code >= 10000 ? code / 100 : code), code);

    private static Guid GuidOf(Schema definition)
    {
        var text = new StringBuilder(definition.SchemaString);
        foreach (var reference in definition.References)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{reference.Name}\t{reference.Subject}\t{reference.Version}");
        }

        // What makes another id makes another GUID.
        if (definition.Metadata is not null || definition.RuleSet is not null)
        {
            text.Append('\n').Append(JsonSerializer.Serialize(new { definition.Metadata, definition.RuleSet }));
        }

        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16), bigEndian: true);
    }
}
