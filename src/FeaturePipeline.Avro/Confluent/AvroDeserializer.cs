using System.Collections.Concurrent;
using Confluent.Kafka;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>
/// Reads keys or values in Confluent's framing for Confluent.Kafka's consumers: prefix V0 or V1, or a schema id in a header. One plan is
/// compiled per schema; with the plan there, reading takes no lock and no Task.
/// </summary>
/// <typeparam name="T">What values are read as: <see cref="Generic.GenericRecord"/>, object, or a primitive.</typeparam>
/// <remarks>Throws <see cref="InvalidDataException"/> for a message that can't be read, <see cref="SchemaRegistryException"/> where the
/// registry does not answer. Null payloads are tombstones and read as null.</remarks>
public sealed class AvroDeserializer<T> : IDeserializer<T>, IAsyncDeserializer<T>
{
    private readonly ISchemaRegistry _registry;
    private readonly AvroDeserializerConfig _config;
    private readonly TimeProvider _timeProvider;
    private readonly ValueBinding<T> _binding = ValueBinding<T>.Create();
    private readonly SchemaCache<ReadPlan> _plans;
    private readonly ConcurrentDictionary<(string Topic, MessageComponentType Component), LatestPlans> _plansOfLatest = new();
    private readonly SharedTasks<(string Topic, MessageComponentType Component, SchemaKey Key), ReadPlan> _underWay = new();

    /// <summary>Makes a deserializer; the registry is asked when the first message of a schema is read.</summary>
    /// <param name="registry">Where schemas come from; not disposed of.</param>
    /// <param name="config">Settings; null = the defaults.</param>
    /// <param name="readerSchema">The schema that values are resolved to; null = what suits the type, for generic values the message's own.</param>
    /// <param name="timeProvider">Clock of cache expiry; null = the system's.</param>
    public AvroDeserializer(
        ISchemaRegistry registry, AvroDeserializerConfig? config = null, AvroSchema? readerSchema = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _registry = registry;
        _config = (config ?? new AvroDeserializerConfig()).Validated();
        _timeProvider = timeProvider ?? TimeProvider.System;
        if (readerSchema is not null && _config.UseLatestVersion)
        {
            throw new ArgumentException("use.latest.version and a reader schema exclude each other. Keep one of them.", nameof(readerSchema));
        }

        _plans = Cache(_ => readerSchema);
    }

    private sealed record ReadPlan(bool IsRaw, BodyReader<T> Read);

    // Plans to the latest schemas of the subjects of one topic and role, as they were at one time.
    private sealed record LatestPlans(SchemaCache<ReadPlan> Plans, ConcurrentDictionary<string, AvroSchema> BySubject, long Since);

    /// <inheritdoc />
    public T Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            return Tombstone(context);
        }

        var key = ReadFrame(data, context, out var bodyOffset);
        return Read(TryGetPlan(key, context) ?? WaitForPlan(key, context), data[bodyOffset..], key, context);
    }

    /// <inheritdoc />
    public async Task<T> DeserializeAsync(ReadOnlyMemory<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            return Tombstone(context);
        }

        var key = ReadFrame(data.Span, context, out var bodyOffset);
        return Read(TryGetPlan(key, context) ?? await FetchPlanAsync(key, context), data.Span[bodyOffset..], key, context);
    }

    private static T Tombstone(SerializationContext context) => default(T) is null
        ? default!
        : throw new InvalidDataException($"{Where(context)} is null, which {typeof(T).Name} can't be. Read it as {typeof(T).Name}?.");

    private SchemaKey ReadFrame(ReadOnlySpan<byte> data, SerializationContext context, out int bodyOffset)
    {
        byte[]? header = null;
        var name = context.Component == MessageComponentType.Key ? WireFormat.KeyHeader : WireFormat.ValueHeader;
        var hasHeader = !_config.IgnoreHeaders && context.Headers is { Count: > 0 } headers && headers.TryGetLastBytes(name, out header);
        return WireFormat.Read(data, isNull: false, header, hasHeader, out var key, out bodyOffset) switch
        {
            WireStatus.Ok => key,
            WireStatus.Short => throw new InvalidDataException(
                $"{Where(context)} is too short for a schema id{(hasHeader ? $" (header {name})" : "")}. Was it written with a schema registry's serializer?"),
            _ => throw new InvalidDataException(
                $"{Where(context)} starts with byte {(hasHeader ? header![0] : data[0])}{(hasHeader ? $" (header {name})" : "")}, not with a schema id (0 or 1). Was it written with a schema registry's serializer?"),
        };
    }

    private static T Read(ReadPlan plan, ReadOnlySpan<byte> body, SchemaKey key, SerializationContext context)
    {
        var result = plan.IsRaw ? plan.Read(RawBytes.AddLength(body), out var value) : plan.Read(body, out value);
        return result.IsOk ? value! : throw new InvalidDataException($"{Where(context)}, schema {key}: {result}");
    }

    private static string Where(SerializationContext context) =>
        $"The {(context.Component == MessageComponentType.Key ? "key" : "value")} of a record of topic '{context.Topic}'";

    private ReadPlan? TryGetPlan(SchemaKey key, SerializationContext context)
    {
        if (!_config.UseLatestVersion)
        {
            return TryGetPlan(_plans, key);
        }

        return _plansOfLatest.TryGetValue((context.Topic, context.Component), out var latest) && !IsExpired(latest) ? TryGetPlan(latest.Plans, key) : null;
    }

    private bool IsExpired(LatestPlans latest) => _config.LatestCacheTtl is { } ttl && _timeProvider.GetElapsedTime(latest.Since) >= ttl;

    private static ReadPlan? TryGetPlan(SchemaCache<ReadPlan> plans, SchemaKey key) =>
        (key.Version == 0 ? plans.TryGet(key.Id, out var plan) : plans.TryGet(key.Guid, out plan)) ? plan : null;

    // Once per schema. The wait goes to the thread pool first, so that no caller's synchronisation context can be waited for.
    private ReadPlan WaitForPlan(SchemaKey key, SerializationContext context)
    {
        async Task<ReadPlan> FetchElsewhereAsync()
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return await FetchPlanAsync(key, context);
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

        var plans = _config.UseLatestVersion ? await CacheOfLatestAsync(key, context) : _plans;
        var status = key.Version == 0 ? await plans.FindAsync(key.Id) : await plans.FindAsync(key.Guid);
        if (status == SchemaStatus.Ready && TryGetPlan(plans, key) is { } plan)
        {
            return plan;
        }

        var reason = key.Version == 0 ? plans.Explain(key.Id) : plans.Explain(key.Guid);
        throw status == SchemaStatus.Pending
            ? new SchemaRegistryException($"{Where(context)} can't be read yet: {reason}", errorCode: 0, isRetriable: true, plans.LastError)
            : new InvalidDataException($"{Where(context)} can't be read: {reason}");
    }

    // The subject may depend on the name of the message's record: the message's schema first, then the latest one of its subject, then the plan.
    private async Task<SchemaCache<ReadPlan>> CacheOfLatestAsync(SchemaKey key, SerializationContext context)
    {
        var role = new SerializationContext(context.Component, context.Topic);
        var known = _plansOfLatest.GetValueOrDefault((context.Topic, context.Component));
        var latest = known is null || IsExpired(known) ? NewLatestPlans(role) : known;
        try
        {
            if (await TryGetSubjectAsync(key, role) is { } subject && !latest.BySubject.ContainsKey(subject))
            {
                latest.BySubject[subject] = (await _registry.GetLatestAsync(subject)).Parse();
            }
        }
        catch (SchemaRegistryException exception) when (exception.IsRetriable && known is not null && TryGetPlan(known.Plans, key) is not null)
        {
            // The latest version is not known to be another one: the registry is asked again when this one has expired again.
            latest = known with { Since = _timeProvider.GetTimestamp() };
        }

        _plansOfLatest[(context.Topic, context.Component)] = latest;
        return latest.Plans;
    }

    // Null where the message's schema is not to be had: making the plan comes to the same end, and says it.
    private async Task<string?> TryGetSubjectAsync(SchemaKey key, SerializationContext role)
    {
        AvroSchema writer;
        try
        {
            writer = (key.Version == 0 ? await _registry.GetByIdAsync(key.Id) : await _registry.GetByGuidAsync(key.Guid)).Parse();
        }
        catch (Exception exception) when (exception is AvroSchemaException or SchemaRegistryException { IsRetriable: false })
        {
            return null;
        }

        return _config.SubjectOf(role, writer);
    }

    private LatestPlans NewLatestPlans(SerializationContext role)
    {
        var bySubject = new ConcurrentDictionary<string, AvroSchema>(StringComparer.Ordinal);
        return new LatestPlans(Cache(Latest), bySubject, _timeProvider.GetTimestamp());

        AvroSchema Latest(AvroSchema writer)
        {
            var subject = _config.SubjectOf(role, writer);
            var schema = bySubject[subject];
            _config.CheckLatest(schema, writer, subject);
            return schema;
        }
    }

    private SchemaCache<ReadPlan> Cache(Func<AvroSchema, AvroSchema?> readerOf) => new(
        _registry,
        schema =>
        {
            var writer = schema.Parse();
            return new ReadPlan(writer.Type == AvroType.Bytes, _binding.CompileReader(writer, readerOf(writer)));
        },
        _timeProvider);
}
