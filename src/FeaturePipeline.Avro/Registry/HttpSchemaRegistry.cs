using System.Net;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>A registry behind Confluent's REST protocol (Confluent, Apicurio's ccompat, Karapace, Redpanda).</summary>
/// <remarks>Tries, waits and time-outs follow <see cref="SchemaRegistryOptions"/>. Schemas by id, GUID and version, and ids by subject and
/// schema are cached for ever, "not found" for <see cref="SchemaRegistryOptions.NegativeCacheTtl"/>.</remarks>
public sealed class HttpSchemaRegistry : ISchemaRegistry
{
    private readonly RegistryTransport _transport;
    private readonly AsyncCache<int, RegisteredSchema> _byId;
    private readonly AsyncCache<Guid, RegisteredSchema> _byGuid;
    private readonly AsyncCache<(string Subject, int Version), RegisteredSchema> _byVersion;
    private readonly AsyncCache<(string Subject, SchemaDefinition Schema, bool Normalize), RegisteredSchema> _registered;
    private readonly AsyncCache<(string Subject, SchemaDefinition Schema, bool Normalize), RegisteredSchema> _lookedUp;

    /// <summary>Makes a client; connects on the first call.</summary>
    /// <param name="options">Addresses, credentials, time-outs.</param>
    /// <param name="timeProvider">Clock of time-outs, waits and cache expiry; null = the system's.</param>
    /// <exception cref="ArgumentException">An address, a credential or a certificate file can't be used; the message names the key.</exception>
    public HttpSchemaRegistry(SchemaRegistryOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var time = timeProvider ?? TimeProvider.System;
        _transport = new RegistryTransport(options, time);
        _byId = new(time, options.NegativeCacheTtl);
        _byGuid = new(time, options.NegativeCacheTtl, believesBare404: true); // a registry without that path has no such schema
        _byVersion = new(time, options.NegativeCacheTtl);
        _registered = new(time, options.NegativeCacheTtl);
        _lookedUp = new(time, options.NegativeCacheTtl);
    }

    /// <inheritdoc />
    public string Address => _transport.Address;

    /// <inheritdoc />
    public Task<RegisteredSchema> GetByIdAsync(int id, CancellationToken cancellationToken = default) =>
        _byId.GetAsync(
            id,
            () => GetSchemaAsync(Invariant($"schemas/ids/{id}"), Invariant($"Schema id {id}"), answer => RegistryJson.ReadSchema(answer, id: id)),
            cancellationToken);

    /// <inheritdoc />
    public Task<RegisteredSchema> GetByGuidAsync(Guid guid, CancellationToken cancellationToken = default) =>
        _byGuid.GetAsync(
            guid,
            () => GetSchemaAsync($"schemas/guids/{guid:D}", $"Schema GUID {guid:D}", answer => RegistryJson.ReadSchema(answer, id: -1, guid: guid)),
            cancellationToken);

    /// <inheritdoc />
    public Task<RegisteredSchema> GetVersionAsync(string subject, int version, CancellationToken cancellationToken = default) =>
        _byVersion.GetAsync(
            (subject, version),
            () => GetSchemaAsync(VersionPath(subject, version), What(subject, version), answer => RegistryJson.ReadSchema(answer, subject: subject)),
            cancellationToken);

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestAsync(string subject, CancellationToken cancellationToken = default) =>
        GetSchemaAsync(
            $"subjects/{Escape(subject)}/versions/latest",
            $"Latest version of subject '{subject}'",
            answer => RegistryJson.ReadSchema(answer, subject: subject),
            cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<int>> GetVersionsAsync(string subject, CancellationToken cancellationToken = default) =>
        await _transport.SendAsync(
            HttpMethod.Get, $"subjects/{Escape(subject)}/versions", body: null, $"Versions of subject '{subject}'", RegistryJson.ReadVersions, cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken = default) =>
        await _transport.SendAsync(HttpMethod.Get, "subjects", body: null, "List of subjects", RegistryJson.ReadSubjects, cancellationToken);

    /// <inheritdoc />
    public Task<RegisteredSchema> RegisterAsync(
        string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default)
    {
        RegistryRules.Check(schema, $"Registration under subject '{subject}'");
        return _registered.GetAsync((subject, schema, normalize), RegisterOnceAsync, cancellationToken);

        async Task<RegisteredSchema> RegisterOnceAsync()
        {
            var registered = await PostSchemaAsync($"subjects/{Escape(subject)}/versions{Query(normalize)}", $"Registration under subject '{subject}'", subject, schema);
            _byId.ForgetMissing();
            _byGuid.ForgetMissing();
            _byVersion.ForgetMissing();
            _lookedUp.ForgetMissing();
            return registered;
        }
    }

    /// <inheritdoc />
    public Task<RegisteredSchema> LookupAsync(
        string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default) =>
        _lookedUp.GetAsync(
            (subject, schema, normalize),
            () => PostSchemaAsync($"subjects/{Escape(subject)}{Query(normalize)}", $"Schema under subject '{subject}'", subject, schema),
            cancellationToken);

    /// <inheritdoc />
    public async Task<CompatibilityAnswer> TestCompatibilityAsync(
        string subject, SchemaDefinition schema, int? version = null, CancellationToken cancellationToken = default)
    {
        if (version is { } number)
        {
            return await TestAsync(Invariant($"/{number}"));
        }

        try
        {
            return await TestAllAsync();
        }
        catch (SchemaRegistryException exception) when (
            exception.ErrorCode is SchemaRegistryException.SubjectNotFound or SchemaRegistryException.VersionNotFound)
        {
            return new CompatibilityAnswer(IsCompatible: true, []);
        }

        // Apicurio takes the question without a version as one about all of them whatever the level, and before Confluent 7 there was none.
        async Task<CompatibilityAnswer> TestAllAsync()
        {
            if (!await ComparesWithAllAsync(subject, cancellationToken))
            {
                return await TestAsync("/latest");
            }

            try
            {
                return await TestAsync("");
            }
            catch (SchemaRegistryException exception) when (exception.ErrorCode is (int)HttpStatusCode.NotFound or (int)HttpStatusCode.MethodNotAllowed)
            {
                return await TestAsync("/latest");
            }
        }

        async Task<CompatibilityAnswer> TestAsync(string path)
        {
            var answer = await _transport.SendAsync(
                HttpMethod.Post,
                $"compatibility/subjects/{Escape(subject)}/versions{path}?verbose=true",
                RegistryJson.WriteSchema(schema),
                $"Compatibility with subject '{subject}'{path.Replace("/", " version ", StringComparison.Ordinal)}",
                RegistryJson.ReadCompatibility,
                cancellationToken);
            return answer.IsCompatible || answer.Messages.Count > 0
                ? answer
                : answer with { Messages = await ExplainAsync(subject, schema, version, cancellationToken) };
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanently = false, CancellationToken cancellationToken = default)
    {
        var deleted = await DeleteAsync(
            $"subjects/{Escape(subject)}", permanently, $"Deletion of subject '{subject}'", RegistryJson.ReadVersions, cancellationToken);
        Forget(subject);
        return deleted;
    }

    /// <inheritdoc />
    public async Task<int> DeleteVersionAsync(string subject, int version, bool permanently = false, CancellationToken cancellationToken = default)
    {
        var deleted = await DeleteAsync(
            VersionPath(subject, version), permanently, $"Deletion of {What(subject, version)}", static answer => answer.GetInt32(), cancellationToken);
        Forget(subject);
        return deleted;
    }

    /// <inheritdoc />
    public async Task<CompatibilityLevel> GetConfigAsync(string? subject = null, CancellationToken cancellationToken = default)
    {
        if (subject is null)
        {
            return await SendConfigAsync(HttpMethod.Get, "config", body: null, "Global compatibility level", cancellationToken);
        }

        try
        {
            return await SendConfigAsync(
                HttpMethod.Get, $"config/{Escape(subject)}?defaultToGlobal=true", body: null, $"Compatibility level of subject '{subject}'", cancellationToken);
        }
        catch (SchemaRegistryException exception) when (
            exception.ErrorCode is SchemaRegistryException.SubjectLevelNotConfigured or SchemaRegistryException.SubjectNotFound)
        {
            return await GetConfigAsync(subject: null, cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task SetConfigAsync(CompatibilityLevel level, string? subject = null, CancellationToken cancellationToken = default) =>
        SendConfigAsync(
            HttpMethod.Put,
            subject is null ? "config" : $"config/{Escape(subject)}",
            RegistryJson.WriteLevel(level.ToRegistryName()),
            subject is null ? "Global compatibility level" : $"Compatibility level of subject '{subject}'",
            cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _transport.Dispose();

    // A level that one may not read is left to the registry.
    private async Task<bool> ComparesWithAllAsync(string subject, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetConfigAsync(subject, cancellationToken)).IsTransitive();
        }
        catch (SchemaRegistryException exception) when (!exception.IsRetriable)
        {
            return true;
        }
    }

    // Apicurio says no without a reason: the local checker finds it, if it agrees.
    private async Task<IReadOnlyList<string>> ExplainAsync(string subject, SchemaDefinition schema, int? version, CancellationToken cancellationToken)
    {
        try
        {
            var level = await GetConfigAsync(subject, cancellationToken);
            int[] against = version is { } number ? [number] : [.. await GetVersionsAsync(subject, cancellationToken)];
            var history = new List<(int Version, AvroSchema Schema)>();
            foreach (var earlier in level.IsTransitive() ? against : against.TakeLast(1))
            {
                history.Add((earlier, (await GetVersionAsync(subject, earlier, cancellationToken)).Parse()));
            }

            var dependencies = await RegistryRules.ResolveAsync(schema, GetReferenceAsync, $"Schema for subject '{subject}'");
            return RegistryRules.Explain(level, RegisteredSchema.Parse(schema.Schema, dependencies, SchemaValidation.Lenient), history);
        }
        catch (Exception exception) when (exception is SchemaRegistryException or AvroSchemaException)
        {
            return []; // the registry's answer stands without reasons
        }
    }

    private Task<T> DeleteAsync<T>(
        string path, bool permanently, string what, Func<System.Text.Json.JsonElement, T> read, CancellationToken cancellationToken) =>
        _transport.SendAsync(HttpMethod.Delete, path + (permanently ? "?permanent=true" : ""), body: null, what, read, cancellationToken);

    // What was kept of a subject is no longer so. Ids stay: messages may have been written with them.
    private void Forget(string subject)
    {
        _byVersion.Forget(key => key.Subject == subject);
        _registered.Forget(key => key.Subject == subject);
        _lookedUp.Forget(key => key.Subject == subject);
    }

    private async Task<RegisteredSchema> GetSchemaAsync(
        string path, string what, Func<System.Text.Json.JsonElement, RegisteredSchema> read, CancellationToken cancellationToken = default)
    {
        var schema = await _transport.SendAsync(HttpMethod.Get, path, body: null, what, read, cancellationToken);
        return await CompleteAsync(schema, what);
    }

    private async Task<RegisteredSchema> PostSchemaAsync(string path, string what, string subject, SchemaDefinition schema)
    {
        var registered = await _transport.SendAsync(
            HttpMethod.Post, path, RegistryJson.WriteSchema(schema), what, answer => RegistryJson.ReadSchema(answer, subject: subject, sent: schema), CancellationToken.None);
        return await CompleteAsync(registered, what);
    }

    private async Task<RegisteredSchema> CompleteAsync(RegisteredSchema schema, string what)
    {
        RegistryRules.Check(schema.Definition, what);
        return schema with { Dependencies = await RegistryRules.ResolveAsync(schema.Definition, GetReferenceAsync, what) };
    }

    // A version that is only softly deleted still serves those that refer to it. Not through _byVersion: that would resolve twice.
    private async Task<SchemaDefinition> GetReferenceAsync(SchemaReference reference)
    {
        var what = $"{What(reference.Subject, reference.Version)} (reference '{reference.Name}')";
        var schema = await _transport.SendAsync(
            HttpMethod.Get,
            VersionPath(reference.Subject, reference.Version) + "?deleted=true",
            body: null,
            what,
            answer => RegistryJson.ReadSchema(answer, subject: reference.Subject),
            CancellationToken.None);
        RegistryRules.Check(schema.Definition, what);
        return schema.Definition;
    }

    private Task<CompatibilityLevel> SendConfigAsync(HttpMethod method, string path, byte[]? body, string what, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            method,
            path,
            body,
            what,
            static answer => CompatibilityLevels.TryParse(RegistryJson.ReadLevel(answer), out var level) ? level : throw new FormatException("the level is not known"),
            cancellationToken);

    private static string VersionPath(string subject, int version) => Invariant($"subjects/{Escape(subject)}/versions/{version}");

    private static string What(string subject, int version) => Invariant($"Version {version} of subject '{subject}'");

    private static string Query(bool normalize) => normalize ? "?normalize=true" : "";

    private static string Escape(string subject)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        return Uri.EscapeDataString(subject);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
