using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Confluent.Kafka;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>
/// Writes keys or values in Confluent's framing for Confluent.Kafka's producers. The registry is asked once per topic and schema; after that
/// writing takes no lock, and the Task is a finished one.
/// </summary>
/// <typeparam name="T">What values are: <see cref="Generic.GenericRecord"/>, object, or a primitive.</typeparam>
/// <remarks>Null is written as a tombstone. For <c>Produce</c>, which takes no asynchronous serializer, use <see cref="AsSync"/>.</remarks>
public sealed class AvroSerializer<T> : IAsyncSerializer<T>
{
    // Callers that parse their schema anew for every record must not fill the memory.
    private const int MaxPlans = 1000;
    private const int MaxKeptBuffer = 1 << 20;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private readonly ISchemaRegistry _registry;
    private readonly AvroSerializerConfig _config;
    private readonly TimeProvider _timeProvider;
    private readonly AvroSchema? _schema;
    private readonly ValueBinding<T> _binding = ValueBinding<T>.Create();
    private readonly ConcurrentDictionary<PlanKey, WritePlan> _plans = new();
    private readonly SharedTasks<PlanKey, WritePlan> _underWay = new();
    private WritePlan? _last;

    /// <summary>Makes a serializer; the registry is asked when the first value of a schema is written.</summary>
    /// <param name="registry">Where schemas are registered; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <param name="schema">The schema of every value; null = the one that each value says it has.</param>
    /// <param name="timeProvider">Clock of <see cref="AvroSerdeConfig.LatestCacheTtl"/>; null = the system's.</param>
    /// <exception cref="ArgumentException">Settings exclude each other.</exception>
    public AvroSerializer(
        ISchemaRegistry registry, AvroSerializerConfig? config = null, AvroSchema? schema = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _registry = registry;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _config = (config ?? new AvroSerializerConfig()).Validated();
        _schema = schema;
    }

    private readonly record struct PlanKey(string Topic, MessageComponentType Component, AvroSchema Schema)
    {
        public bool Equals(PlanKey other) =>
            ReferenceEquals(Schema, other.Schema) && Component == other.Component && string.Equals(Topic, other.Topic, StringComparison.Ordinal);

        public override int GetHashCode() => HashCode.Combine(Topic, Component, RuntimeHelpers.GetHashCode(Schema));
    }

    private sealed record WritePlan(PlanKey Key, byte[] Frame, bool IsRaw, BodyWriter<T> Write, long Since);

    /// <inheritdoc />
    public Task<byte[]> SerializeAsync(T data, SerializationContext context)
    {
        if (data is null)
        {
            return Task.FromResult<byte[]>(null!);
        }

        var key = new PlanKey(context.Topic, context.Component, _schema ?? _binding.SchemaOf(data));
        return TryGetPlan(key) is { } plan ? Task.FromResult(Write(plan, data, context)) : PrepareAndWriteAsync(key, data, context);
    }

    /// <summary>The same serializer for <c>Produce</c>: it waits where the registry must be asked, once per topic and schema.</summary>
    public ISerializer<T> AsSync() => new Synchronous(this);

    private async Task<byte[]> PrepareAndWriteAsync(PlanKey key, T data, SerializationContext context) =>
        Write(await PrepareAsync(key, context), data, context);

    // To the thread pool first, so that no caller's synchronisation context can be waited for.
    private WritePlan WaitForPlan(PlanKey key, SerializationContext context)
    {
        async Task<WritePlan> PrepareElsewhereAsync()
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return await PrepareAsync(key, context);
        }

        return PrepareElsewhereAsync().GetAwaiter().GetResult();
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

    private bool IsExpired(WritePlan plan) => _config.LatestCacheTtl is { } ttl && _config.UseLatestVersion && _timeProvider.GetElapsedTime(plan.Since) >= ttl;

    private byte[] Write(WritePlan plan, T data, SerializationContext context)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(256);
        _buffer = null; // a value whose accessors serialize another one must not meet its buffer
        buffer.ResetWrittenCount();
        var inHeader = _config.SchemaIdStrategy == SchemaIdStrategy.Header;
        if (!inHeader)
        {
            buffer.Write(plan.Frame);
        }

        var start = buffer.WrittenCount;
        plan.Write(data, buffer);
        var written = buffer.WrittenSpan;
        byte[] message = plan.IsRaw
            ? [.. written[..start], .. written[(start + RawBytes.LengthOfLength(written[start..]))..]]
            : written.ToArray();
        if (inHeader)
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
            var (registered, schema) = await ChooseAsync(key, context);
            return new WritePlan(key, Frame(registered), schema.Type == AvroType.Bytes, _binding.CompileWriter(schema), _timeProvider.GetTimestamp());
        }
        catch (SchemaRegistryException exception) when (exception.IsRetriable && old is not null)
        {
            // The latest version is not known to be another one: the registry is asked again when this one has expired again.
            return old with { Since = _timeProvider.GetTimestamp() };
        }
    }

    private async Task<(RegisteredSchema Registered, AvroSchema Schema)> ChooseAsync(PlanKey key, SerializationContext context)
    {
        if (_config.UseSchemaId is { } id)
        {
            var chosen = await _registry.GetByIdAsync(id);
            return (chosen, chosen.Parse());
        }

        var subject = _config.SubjectOf(context, key.Schema);
        if (_config.UseLatestVersion)
        {
            var latest = await _registry.GetLatestAsync(subject);
            var schema = latest.Parse();
            _config.CheckLatest(schema, key.Schema, subject);
            return (latest, schema);
        }

        var definition = new SchemaDefinition(key.Schema.ToString());
        return _config.Registers
            ? (await _registry.RegisterAsync(subject, definition, _config.NormalizeSchemas), key.Schema)
            : (await _registry.LookupAsync(subject, definition, _config.NormalizeSchemas), key.Schema);
    }

    private byte[] Frame(RegisteredSchema registered)
    {
        if (registered.Guid is { } guid && _config.SchemaIdStrategy != SchemaIdStrategy.Prefix)
        {
            var frame = new byte[WireFormat.GuidPrefixSize];
            WireFormat.WritePrefix(frame, guid);
            return frame;
        }

        if (_config.SchemaIdStrategy == SchemaIdStrategy.PrefixGuid)
        {
            throw new NotSupportedException($"schema.id.strategy PrefixGuid: {_registry.Address} gives schemas no GUIDs. Use Prefix.");
        }

        var prefix = new byte[WireFormat.PrefixSize];
        WireFormat.WritePrefix(prefix, registered.Id);
        return prefix;
    }

    private sealed class Synchronous(AvroSerializer<T> owner) : ISerializer<T>
    {
        public byte[] Serialize(T data, SerializationContext context)
        {
            if (data is null)
            {
                return null!;
            }

            var key = new PlanKey(context.Topic, context.Component, owner._schema ?? owner._binding.SchemaOf(data));
            return owner.Write(owner.TryGetPlan(key) ?? owner.WaitForPlan(key, context), data, context);
        }
    }
}
