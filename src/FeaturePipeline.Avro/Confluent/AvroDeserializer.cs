using System.Collections.Concurrent;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using Serdes = Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>
/// Reads keys or values in Confluent's framing for Confluent.Kafka's consumers, with the arguments and settings of Confluent's deserializer: prefix V0 or V1, or a
/// schema id in a header. One plan is compiled per schema; with the plan there, reading takes no lock and no Task.
/// </summary>
/// <typeparam name="T">What values are read as: a class of one's own or of avrogen, Apache's or this library's generic record, object, or a primitive.</typeparam>
/// <remarks>Throws <see cref="InvalidDataException"/> for a message that can't be read, <see cref="HttpRequestException"/> (Confluent's
/// <see cref="SchemaRegistryException"/> among them) where the registry does not answer. Null payloads are tombstones and read as null. Messages whose schemas carry
/// rules are read by Confluent's deserializer.</remarks>
public sealed class AvroDeserializer<T> : IDeserializer<T>, IAsyncDeserializer<T>, IClusterIdAware, ISerdeDisposable
{
    private readonly ISchemaRegistryClient _registry;
    private readonly LatestVersion _latest;
    private readonly Serdes.AvroDeserializer<T> _default;
    private readonly bool _isDefaultAlways;
    private readonly bool _ignoresHeaders;
    private readonly TimeProvider _timeProvider;
    private readonly AvroSchema? _readerSchema;
    private readonly Subjects _subjects;
    private readonly ValueBinding<T> _binding;
    private readonly ConcurrentDictionary<(string Topic, MessageComponentType Component), TopicPlans> _topics = new();
    private readonly SharedTasks<(string Topic, MessageComponentType Component, SchemaKey Key), ReadPlan> _underWay = new();
    private bool _ownsRegistry;
    private Found? _last;

    /// <summary>Makes a deserializer; the registry is asked when the first message of a schema is read.</summary>
    /// <param name="schemaRegistryClient">Where schemas come from; not disposed of.</param>
    public AvroDeserializer(ISchemaRegistryClient schemaRegistryClient)
        : this(schemaRegistryClient, config: (Serdes.AvroDeserializerConfig?)null)
    {
    }

    /// <summary>Makes a deserializer of settings by their names.</summary>
    /// <param name="schemaRegistryClient">Where schemas come from; not disposed of.</param>
    /// <param name="config">For example <c>avro.deserializer.use.latest.version</c>; null = the defaults.</param>
    /// <exception cref="ArgumentException">Settings exclude each other, or one is not known.</exception>
    public AvroDeserializer(ISchemaRegistryClient schemaRegistryClient, IEnumerable<KeyValuePair<string, string>>? config)
        : this(schemaRegistryClient, config is null ? null : new AvroDeserializerConfig(config))
    {
    }

    /// <summary>Makes a deserializer.</summary>
    /// <param name="schemaRegistryClient">Where schemas come from; not disposed of.</param>
    /// <param name="config">Confluent's settings, or this library's (<see cref="AvroDeserializerConfig"/>); null = the defaults.</param>
    /// <param name="ruleRegistry">Executors of the rules that schemas carry; null = the global one.</param>
    /// <exception cref="ArgumentException">Settings exclude each other, or one is not known.</exception>
    public AvroDeserializer(ISchemaRegistryClient schemaRegistryClient, Serdes.AvroDeserializerConfig? config, RuleRegistry? ruleRegistry = null)
        : this(schemaRegistryClient, config, ruleRegistry, TimeProvider.System)
    {
    }

    internal AvroDeserializer(
        ISchemaRegistryClient schemaRegistryClient, Serdes.AvroDeserializerConfig? config, RuleRegistry? ruleRegistry, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(schemaRegistryClient);
        _registry = schemaRegistryClient;
        _latest = new LatestVersion(schemaRegistryClient, config?.UseLatestVersion, config?.UseLatestWithMetadata, timeProvider);
        _default = new Serdes.AvroDeserializer<T>(schemaRegistryClient, KnownToConfluent(config), ruleRegistry); // judges the names of settings
        _isDefaultAlways = DefaultSerde.TakesAll(typeof(T), config);
        _binding = _isDefaultAlways ? null! : ValueBinding<T>.Create((config as AvroDeserializerConfig)?.DepthMax);
        _ignoresHeaders = config?.SchemaIdStrategy == SchemaIdDeserializerStrategy.Prefix;
        _timeProvider = timeProvider;
        var own = config as AvroDeserializerConfig;
        _readerSchema = own?.ReaderSchema;
        if (_readerSchema is not null && _latest.IsAsked)
        {
            throw new ArgumentException("use.latest.version and a reader schema exclude each other. Keep one of them.", nameof(config));
        }

        _subjects = new Subjects(schemaRegistryClient, config?.SubjectNameStrategy, own?.SubjectName, config);
    }

    /// <summary>How messages of one schema are read; without a reader, by Confluent's deserializer.</summary>
    private sealed record ReadPlan(bool IsRaw, BodyReader<T>? Read);

    private sealed record Found(string Topic, MessageComponentType Component, SchemaKey Key, ReadPlan Plan, TopicPlans From);

    /// <summary>Plans for the messages of one topic and role; with the latest schemas of its subjects as they were at one time.</summary>
    private sealed record TopicPlans(SchemaCache<ReadPlan> Plans, string? Subject, ConcurrentDictionary<string, RegisteredSchema> Latest, long Since);

    /// <inheritdoc />
    public T Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            return Tombstone(context);
        }

        if (!_isDefaultAlways)
        {
            SchemaKey key = ReadFrame(data, context, out int bodyOffset);
            if ((TryGetPlan(key, context) ?? WaitForPlan(key, context)) is { Read: { } read } plan)
            {
                return Read(plan, read, data[bodyOffset..], key, context);
            }
        }

        return _default.DeserializeAsync(data.ToArray(), isNull: false, context).GetAwaiter().GetResult();
    }

    /// <inheritdoc />
    public async Task<T> DeserializeAsync(ReadOnlyMemory<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            return Tombstone(context);
        }

        if (!_isDefaultAlways)
        {
            SchemaKey key = ReadFrame(data.Span, context, out int bodyOffset);
            if ((TryGetPlan(key, context) ?? await FetchPlanAsync(key, context).ConfigureAwait(false)) is { Read: { } read } plan)
            {
                return Read(plan, read, data.Span[bodyOffset..], key, context);
            }
        }

        return await _default.DeserializeAsync(data, isNull: false, context).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public void SetClusterIdResolver(Func<Task<string>> clusterIdResolver)
    {
        _subjects.SetClusterIdResolver(clusterIdResolver);
        _default.SetClusterIdResolver(clusterIdResolver);
    }

    /// <inheritdoc />
    public void DisposeOwnedResources()
    {
        if (_ownsRegistry)
        {
            _ownsRegistry = false;
            _registry.Dispose();
        }
    }

    /// <summary>Has the registry disposed of with the deserializer.</summary>
    internal void OwnRegistry() => _ownsRegistry = true;

    // Confluent's deserializer 2.16 has the setting and refuses its name.
    private static Serdes.AvroDeserializerConfig? KnownToConfluent(Serdes.AvroDeserializerConfig? config)
    {
        if (config?.SchemaIdStrategy is null)
        {
            return config;
        }

        return new Serdes.AvroDeserializerConfig(config) { SchemaIdStrategy = null };
    }

    private static T Tombstone(SerializationContext context) => default(T) is null
        ? default!
        : throw new InvalidDataException($"{Where(context)} is null, which {typeof(T).Name} can't be. Read it as {typeof(T).Name}?.");

    private SchemaKey ReadFrame(ReadOnlySpan<byte> data, SerializationContext context, out int bodyOffset)
    {
        byte[]? header = null;
        var name = context.Component == MessageComponentType.Key ? WireFormat.KeyHeader : WireFormat.ValueHeader;
        var hasHeader = !_ignoresHeaders && context.Headers is { Count: > 0 } headers && headers.TryGetLastBytes(name, out header);
        return WireFormat.Read(data, isNull: false, header, hasHeader, out var key, out bodyOffset) switch
        {
            WireStatus.Ok => key,
            WireStatus.Short => throw new InvalidDataException(
                $"{Where(context)} is too short for a schema id{(hasHeader ? $" (header {name})" : "")}. Was it written with a schema registry's serializer?"),
            _ => throw new InvalidDataException(
                $"{Where(context)} starts with byte {(hasHeader ? header![0] : data[0])}{(hasHeader ? $" (header {name})" : "")}, not with a schema id (0 or 1). "
                + "Was it written with a schema registry's serializer?"),
        };
    }

    private static T Read(ReadPlan plan, BodyReader<T> read, ReadOnlySpan<byte> body, SchemaKey key, SerializationContext context)
    {
        var result = plan.IsRaw ? read(RawBytes.AddLength(body), out var value) : read(body, out value);
        return result.IsOk ? value! : throw new InvalidDataException($"{Where(context)}, schema {key}: {result}");
    }

    private static string Where(SerializationContext context) =>
        $"The {(context.Component == MessageComponentType.Key ? "key" : "value")} of a record of topic '{context.Topic}'";

    private ReadPlan? TryGetPlan(SchemaKey key, SerializationContext context)
    {
        if (_last is { } last && last.Key.Equals(key) && last.Component == context.Component && string.Equals(last.Topic, context.Topic, StringComparison.Ordinal))
        {
            return IsExpired(last.From) ? null : last.Plan;
        }

        if (!_topics.TryGetValue((context.Topic, context.Component), out TopicPlans? topic) || IsExpired(topic) || TryGetPlan(topic.Plans, key) is not { } plan)
        {
            return null;
        }

        _last = new Found(context.Topic, context.Component, key, plan, topic);
        return plan;
    }

    private bool IsExpired(TopicPlans topic) => _latest.IsExpired(topic.Since);

    private static ReadPlan? TryGetPlan(SchemaCache<ReadPlan> plans, SchemaKey key) =>
        (key.Version == 0 ? plans.TryGet(key.Id, out var plan) : plans.TryGet(key.Guid, out plan)) ? plan : null;

    // Once per schema. The wait goes to the thread pool first, so that no caller's synchronisation context can be waited for.
    private ReadPlan WaitForPlan(SchemaKey key, SerializationContext context)
    {
        async Task<ReadPlan> FetchElsewhereAsync()
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return await FetchPlanAsync(key, context).ConfigureAwait(false);
        }

        return FetchElsewhereAsync().GetAwaiter().GetResult();
    }

    private Task<ReadPlan> FetchPlanAsync(SchemaKey key, SerializationContext context) =>
        _underWay.GetAsync((context.Topic, context.Component, key), () => FetchPlanOnceAsync(key, context));

    private async Task<ReadPlan> FetchPlanOnceAsync(SchemaKey key, SerializationContext context)
    {
        if (TryGetPlan(key, context) is { } known)
        {
            return known; // the caller looked before the fetch before this one ended
        }

        SchemaCache<ReadPlan> plans = await PlansOfAsync(key, context);
        var status = key.Version == 0 ? await plans.FindAsync(key.Id) : await plans.FindAsync(key.Guid);
        if (status == SchemaStatus.Ready && TryGetPlan(plans, key) is { } plan)
        {
            return plan;
        }

        var reason = key.Version == 0 ? plans.Explain(key.Id) : plans.Explain(key.Guid);
        throw status == SchemaStatus.Pending
            ? new HttpRequestException($"{Where(context)} can't be read yet: {reason}", plans.LastError)
            : new InvalidDataException(
                $"{Where(context)} can't be read: {reason}", key.Version == 0 ? plans.ErrorOf(key.Id) : plans.ErrorOf(key.Guid));
    }

    private async Task<SchemaCache<ReadPlan>> PlansOfAsync(SchemaKey key, SerializationContext context)
    {
        var role = new SerializationContext(context.Component, context.Topic);
        TopicPlans? known = _topics.GetValueOrDefault((context.Topic, context.Component));
        TopicPlans topic = known is null || IsExpired(known) ? NewPlans(role, known?.Subject ?? await _subjects.FindAsync(role, schema: null)) : known;
        if (_latest.IsAsked)
        {
            try
            {
                await FetchLatestAsync(topic, key, role);
            }
            catch (HttpRequestException exception) when (exception.IsRetriable() && known is not null && TryGetPlan(known.Plans, key) is not null)
            {
                // The latest version is not known to be another one: the registry is asked again when this one has expired again.
                topic = known with { Since = _timeProvider.GetTimestamp() };
            }
        }

        _topics[(context.Topic, context.Component)] = topic;
        return topic.Plans;
    }

    // The subject may depend on the name of the message's record: the message's schema first, then the latest one of its subject, then the plan.
    private async Task FetchLatestAsync(TopicPlans topic, SchemaKey key, SerializationContext role)
    {
        string? subject = topic.Subject;
        if (subject is null)
        {
            Schema writer;
            try
            {
                writer = key.Version == 0 ? await _registry.GetSchemaAsync(key.Id) : await _registry.GetSchemaByGuidAsync(key.Guid.ToString("D"));
                subject = await _subjects.FindAsync(role, (await _registry.ResolveAsync(writer, $"Schema {key}")).Parse());
            }
            catch (Exception exception) when (exception is AvroSchemaException or UnsupportedSchemaException || (exception.IsOfRegistry() && !exception.IsRetriable()))
            {
                return; // making the plan comes to the same end, and says it
            }
        }

        if (subject is not null && !topic.Latest.ContainsKey(subject))
        {
            topic.Latest[subject] = await _latest.GetAsync(subject);
        }
    }

    private TopicPlans NewPlans(SerializationContext role, string? subject)
    {
        var latest = new ConcurrentDictionary<string, RegisteredSchema>(StringComparer.Ordinal);
        var plans = new SchemaCache<ReadPlan>(
            _registry, subject, (schema, what) => PlanAsync(schema, what, role, subject, latest), _timeProvider);
        return new TopicPlans(plans, subject, latest, _timeProvider.GetTimestamp());
    }

    /// <summary>The plan of a writer's schema, as the registry has it.</summary>
    private async Task<ReadPlan> PlanAsync(
        Schema schema, string what, SerializationContext role, string? subject, ConcurrentDictionary<string, RegisteredSchema> latest)
    {
        string context = RegistryContext.Of(subject);
        AvroSchema? reader = _readerSchema;
        bool hasRules = schema.HasRules();
        if (subject is null && !hasRules)
        {
            subject = await _subjects.FindAsync(role, (await _registry.ResolveAsync(schema, what, context)).Parse());
            CheckContext(what, context, subject);
        }

        if (_latest.IsAsked && !hasRules)
        {
            RegisteredSchema newest = subject is not null && latest.TryGetValue(subject, out RegisteredSchema? found)
                ? found
                : throw new ArgumentException($"{what}: use.latest.version needs a subject, and subject.name.strategy gives none for it. Use Topic.");
            hasRules = newest.HasRules() || (!IsSame(schema, newest) && await HaveRulesBetweenAsync(subject, schema, newest));
            if (!hasRules && !DefaultSerde.HasOwnSchema(typeof(T)))
            {
                reader = (await _registry.ResolveAsync(newest, $"The latest version of subject '{subject}'", context)).Parse();
            }
        }

        if (hasRules)
        {
            // Confluent's deserializer would look for the id in headers.
            return DefaultSerde.Serves(typeof(T)) && !_ignoresHeaders ? new ReadPlan(IsRaw: false, Read: null) : throw DefaultSerde.Refuses(typeof(T), what);
        }

        AvroSchema writer = (await _registry.ResolveAsync(schema, what, context)).Parse();
        return new ReadPlan(writer.Type == AvroType.Bytes, _binding.CompileReader(writer, reader));
    }

    // A subject that is known by the record's name alone comes after the schema, which was asked for without it.
    private static void CheckContext(string what, string context, string? subject)
    {
        if (RegistryContext.Of(subject) != context)
        {
            throw new ArgumentException(
                $"{what}: subject '{subject}' is of another context than the id was asked for in. Let {nameof(AvroDeserializerConfig.SubjectName)} give a subject of "
                + "the context also where the record's name is null.");
        }
    }

    private static bool IsSame(Schema writer, RegisteredSchema latest) => writer.SchemaString == latest.SchemaString && Equals(writer.Metadata, latest.Metadata);

    // Between the message's version and the latest one any version may say how data is migrated.
    private async Task<bool> HaveRulesBetweenAsync(string subject, Schema writer, RegisteredSchema latest)
    {
        try
        {
            RegisteredSchema written = await _registry.LookupSchemaAsync(subject, writer, ignoreDeletedSchemas: false);
            for (int version = Math.Min(written.Version, latest.Version) + 1; version < Math.Max(written.Version, latest.Version); version++)
            {
                if ((await _registry.GetRegisteredSchemaAsync(subject, version, ignoreDeletedSchemas: false)).HasRules())
                {
                    return true;
                }
            }
        }
        catch (SchemaRegistryException exception) when (exception.IsNotFound(believesBare404: true))
        {
            // The message's schema is not of this subject, or a version between was deleted: there is no way from one to the other that has rules.
        }

        return false;
    }
}
