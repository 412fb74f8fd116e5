using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using Serdes = Confluent.SchemaRegistry.Serdes;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>
/// Writes keys or values in Confluent's framing for Confluent.Kafka's producers, with the arguments and settings of Confluent's serializer. The registry is asked
/// once per topic and schema; after that writing takes no lock, and the Task is a finished one.
/// </summary>
/// <typeparam name="T">What values are: a class of one's own or of avrogen, Apache's or this library's generic record, object, or a primitive.</typeparam>
/// <remarks>Null is written as a tombstone. For <c>Produce</c>, which takes no asynchronous serializer, use <see cref="AsSync"/>. Messages whose schema carries
/// rules are written by Confluent's serializer.</remarks>
public sealed class AvroSerializer<T> : IAsyncSerializer<T>, IClusterIdAware, ISerdeDisposable
{
    /// <summary>Bytes of a message's buffer at first, as with Confluent's serializer; here buffers grow and are kept.</summary>
    public const int DefaultInitialBufferSize = 1024;

    // Callers that parse their schema anew for every record must not fill the memory.
    private const int MaxPlans = 1000;
    private const int MaxKeptBuffer = 1 << 20;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly ISchemaRegistryClient _registry;
    private readonly bool _registers;
    private readonly bool _normalizes;
    private readonly int? _schemaId;
    private readonly LatestVersion _latest;
    private readonly Serdes.AvroSerializer<T> _default;
    private readonly bool _isDefaultAlways;
    private readonly bool _isInHeader;
    private readonly TimeProvider _timeProvider;
    private readonly AvroSchema? _schema;
    private readonly Subjects _subjects;
    private readonly ValueBinding<T> _binding;
    private readonly ConcurrentDictionary<PlanKey, WritePlan> _plans = new();
    private readonly SharedTasks<PlanKey, WritePlan> _underWay = new();
    private bool _ownsRegistry;
    private WritePlan? _last;

    /// <summary>Makes a serializer; the registry is asked when the first value of a schema is written.</summary>
    /// <param name="schemaRegistryClient">Where schemas are registered; not disposed of.</param>
    /// <param name="config">Confluent's settings, or this library's (<see cref="AvroSerializerConfig"/>); null = the defaults.</param>
    /// <param name="ruleRegistry">Executors of the rules that schemas carry; null = the global one.</param>
    /// <exception cref="ArgumentException">Settings exclude each other, or one is not known.</exception>
    public AvroSerializer(ISchemaRegistryClient schemaRegistryClient, Serdes.AvroSerializerConfig? config = null, RuleRegistry? ruleRegistry = null)
        : this(schemaRegistryClient, config, ruleRegistry, TimeProvider.System)
    {
    }

    /// <summary>Makes a serializer of settings by their names.</summary>
    /// <param name="schemaRegistryClient">Where schemas are registered; not disposed of.</param>
    /// <param name="config">For example <c>avro.serializer.normalize.schemas</c>.</param>
    /// <exception cref="ArgumentException">Settings exclude each other, or one is not known.</exception>
    public AvroSerializer(ISchemaRegistryClient schemaRegistryClient, IEnumerable<KeyValuePair<string, string>> config)
        : this(schemaRegistryClient, new AvroSerializerConfig(config))
    {
    }

    internal AvroSerializer(
        ISchemaRegistryClient schemaRegistryClient, Serdes.AvroSerializerConfig? config, RuleRegistry? ruleRegistry, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(schemaRegistryClient);
        _registry = schemaRegistryClient;
        _default = new Serdes.AvroSerializer<T>(schemaRegistryClient, config, ruleRegistry); // judges the names of settings
        config ??= new Serdes.AvroSerializerConfig();
        _registers = config.AutoRegisterSchemas ?? true;
        _normalizes = config.NormalizeSchemas ?? false;
        _schemaId = config.UseSchemaId is >= 0 and int id ? id : null;
        _latest = new LatestVersion(schemaRegistryClient, config.UseLatestVersion, config.UseLatestWithMetadata, timeProvider);
        if (config.UseLatestVersion == true && _registers)
        {
            throw new ArgumentException(
                "AvroSerializer: cannot enable both use.latest.version and auto.register.schemas, which is on unless it is set to false");
        }

        _isDefaultAlways = DefaultSerde.TakesAll(typeof(T), config);
        _binding = _isDefaultAlways ? null! : ValueBinding<T>.Create((config as AvroSerializerConfig)?.DepthMax);
        _isInHeader = config.SchemaIdStrategy == SchemaIdSerializerStrategy.Header;
        _timeProvider = timeProvider;
        var own = config as AvroSerializerConfig;
        _schema = own?.Schema;
        _subjects = new Subjects(schemaRegistryClient, config.SubjectNameStrategy, own?.SubjectName, config);
    }

    private readonly record struct PlanKey(string Topic, MessageComponentType Component, AvroSchema Schema)
    {
        public bool Equals(PlanKey other) =>
            ReferenceEquals(Schema, other.Schema) && Component == other.Component && string.Equals(Topic, other.Topic, StringComparison.Ordinal);

        public override int GetHashCode() => HashCode.Combine(Topic, Component, RuntimeHelpers.GetHashCode(Schema));
    }

    /// <summary>How values of one schema are written; without a writer, by Confluent's serializer.</summary>
    private sealed record WritePlan(PlanKey Key, byte[] Frame, bool IsRaw, BodyWriter<T>? Write, long Since);

    /// <summary>A schema that was chosen, and what messages say of it; the GUID is null where the registry has none (before Confluent 8.0, Apicurio).</summary>
    private readonly record struct Chosen(AvroSchema Schema, int Id, string? Guid);

    /// <inheritdoc />
    public Task<byte[]> SerializeAsync(T data, SerializationContext context)
    {
        if (_isDefaultAlways)
        {
            return _default.SerializeAsync(data, context);
        }

        if (data is null)
        {
            return Task.FromResult<byte[]>(null!);
        }

        var key = new PlanKey(context.Topic, context.Component, _schema ?? _binding.SchemaOf(data));
        return TryGetPlan(key) is not { } plan ? PrepareAndWriteAsync(key, data, context)
            : plan.Write is null ? _default.SerializeAsync(data, context)
            : Task.FromResult(Write(plan, plan.Write, data, context));
    }

    /// <summary>The same serializer for <c>Produce</c>: it waits where the registry must be asked, once per topic and schema.</summary>
    public ISerializer<T> AsSync() => new Synchronous(this);

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

    /// <summary>Has the registry disposed of with the serializer.</summary>
    internal void OwnRegistry() => _ownsRegistry = true;

    private async Task<byte[]> PrepareAndWriteAsync(PlanKey key, T data, SerializationContext context)
    {
        WritePlan plan = await PrepareAsync(key, context).ConfigureAwait(false);
        return plan.Write is null ? await _default.SerializeAsync(data, context).ConfigureAwait(false) : Write(plan, plan.Write, data, context);
    }

    // Where it waits, it goes to the thread pool first, so that no caller's synchronisation context can be waited for.
    private byte[] WriteOrWait(T data, SerializationContext context)
    {
        if (!_isDefaultAlways)
        {
            if (data is null)
            {
                return null!;
            }

            var key = new PlanKey(context.Topic, context.Component, _schema ?? _binding.SchemaOf(data));
            if (TryGetPlan(key) is { Write: { } write } plan)
            {
                return Write(plan, write, data, context);
            }
        }

        return SerializeElsewhereAsync(data, context).GetAwaiter().GetResult();
    }

    private async Task<byte[]> SerializeElsewhereAsync(T data, SerializationContext context)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await SerializeAsync(data, context).ConfigureAwait(false);
    }

    private WritePlan? TryGetPlan(PlanKey key)
    {
        if (_last is { } last && last.Key.Equals(key))
        {
            return IsExpired(last) ? null : last;
        }

        if (_plans.TryGetValue(key, out var plan))
        {
            _last = plan;
        }

        return plan is not null && IsExpired(plan) ? null : plan;
    }

    private bool IsExpired(WritePlan plan) => _latest.IsExpired(plan.Since);

    private byte[] Write(WritePlan plan, BodyWriter<T> write, T data, SerializationContext context)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(256);
        _buffer = null; // a value whose accessors serialize another one must not meet its buffer
        buffer.ResetWrittenCount();
        if (!_isInHeader)
        {
            buffer.Write(plan.Frame);
        }

        var start = buffer.WrittenCount;
        write(data, buffer);
        var written = buffer.WrittenSpan;
        byte[] message = plan.IsRaw
            ? [.. written[..start], .. written[(start + RawBytes.LengthOfLength(written[start..]))..]]
            : written.ToArray();
        if (_isInHeader)
        {
            SetHeader(plan, context);
        }

        _buffer = buffer.Capacity <= MaxKeptBuffer ? buffer : null;
        return message;
    }

    private static void SetHeader(WritePlan plan, SerializationContext context)
    {
        var name = context.Component == MessageComponentType.Key ? WireFormat.KeyHeader : WireFormat.ValueHeader;
        var headers = context.Headers ?? throw new InvalidOperationException("schema.id.strategy Header needs a message with headers.");
        headers.Remove(name);
        headers.Add(name, plan.Frame);
    }

    private Task<WritePlan> PrepareAsync(PlanKey key, SerializationContext context) => _underWay.GetAsync(key, () => PrepareOnceAsync(key, context));

    private async Task<WritePlan> PrepareOnceAsync(PlanKey key, SerializationContext context)
    {
        if (TryGetPlan(key) is { } known)
        {
            return known; // the caller looked before the preparation before this one ended
        }

        var plan = await RenewAsync(key, context);
        if (_plans.Count >= MaxPlans)
        {
            _plans.Clear();
        }

        _plans[key] = plan;
        _last = plan;
        return plan;
    }

    private async Task<WritePlan> RenewAsync(PlanKey key, SerializationContext context)
    {
        _plans.TryGetValue(key, out var old);
        try
        {
            return await ChooseAsync(key, context) is { } chosen
                ? new WritePlan(key, Frame(chosen), chosen.Schema.Type == AvroType.Bytes, _binding.CompileWriter(chosen.Schema), _timeProvider.GetTimestamp())
                : new WritePlan(key, [], IsRaw: false, Write: null, _timeProvider.GetTimestamp());
        }
        catch (HttpRequestException exception) when (exception.IsRetriable() && old is not null)
        {
            // The latest version is not known to be another one: the registry is asked again when this one has expired again.
            return old with { Since = _timeProvider.GetTimestamp() };
        }
    }

    /// <summary>The schema to write with, or null where it carries rules, which Confluent's serializer runs.</summary>
    private async Task<Chosen?> ChooseAsync(PlanKey key, SerializationContext context)
    {
        string subject = await _subjects.GetAsync(context, key.Schema);
        if (await FindGivenAsync(subject) is { } given)
        {
            string what = $"The schema to write with, of subject '{subject}'";
            return !given.HasRules() ? new Chosen((await _registry.ResolveAsync(given, what, RegistryContext.Of(subject))).Parse(), given.Id, given.Guid)
                : DefaultSerde.Serves(typeof(T)) ? null
                : throw DefaultSerde.Refuses(typeof(T), what);
        }

        var definition = new Schema(_schema is null ? ValueBinding<T>.TextOf(key.Schema) : key.Schema.ToString(), SchemaType.Avro);
        RegisteredSchema registered = _registers
            ? await _registry.RegisterSchemaWithResponseAsync(subject, definition, _normalizes)
            : await _registry.LookupSchemaAsync(subject, definition, ignoreDeletedSchemas: true, _normalizes);
        return !registered.HasRulesOfWriting()
            ? new Chosen(key.Schema, registered.Id, registered.Guid)
            : throw new NotSupportedException(
                $"Version {registered.Version} of subject '{subject}' carries rules for writing, which are run for a schema that the registry chooses. Set "
                + "auto.register.schemas to false and use.latest.version to true.");
    }

    /// <summary>The schema that the settings choose instead of the value's own, in the order of Confluent's serializer.</summary>
    private async Task<RegisteredSchema?> FindGivenAsync(string subject)
    {
        if (_schemaId is { } id)
        {
            return await _registry.LookupSchemaAsync(
                subject, await _registry.GetSchemaBySubjectAndIdAsync(subject, id), ignoreDeletedSchemas: false);
        }

        return _latest.IsAsked ? await _latest.GetAsync(subject) : null;
    }

    private byte[] Frame(Chosen chosen)
    {
        byte[] frame;
        if (_isInHeader && Guid.TryParse(chosen.Guid, out Guid guid))
        {
            frame = new byte[WireFormat.GuidPrefixSize];
            WireFormat.WritePrefix(frame, guid);
        }
        else
        {
            frame = new byte[WireFormat.PrefixSize];
            WireFormat.WritePrefix(frame, chosen.Id);
        }

        return frame;
    }

    private sealed class Synchronous(AvroSerializer<T> owner) : ISerializer<T>
    {
        public byte[] Serialize(T data, SerializationContext context) => owner.WriteOrWait(data, context);
    }
}
