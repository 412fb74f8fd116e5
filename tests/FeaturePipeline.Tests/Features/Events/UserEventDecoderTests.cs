using System.Buffers;
using System.Text;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Confluent;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Tests.Features.Definitions;

namespace FeaturePipeline.Tests.Features.Events;

public sealed class UserEventDecoderTests
{
    /// <summary>The user's own text: logicalType stands beside the type, so the timestamp is a plain long.</summary>
    private const string AsTheUserWritesIt =
        """
        { "type": "record", "name": "UserEvent", "namespace": "com.company.events", "fields": [ {"name": "user_id", "type": "string"}, {"name": "event_type", "type": "string"}, {"name": "timestamp", "type": "long", "logicalType": "timestamp-millis"}, {"name": "session_id", "type": ["null", "string"], "default": null} ] }
        """;

    private readonly MockSchemaRegistry _registry = new();
    private readonly FeaturePlan _plan = FeatureViewCompilerTests.Plan(FeatureViewCompilerTests.UserSessions);
    private readonly SchemaCache<EventPlan> _plans;
    private readonly UserEventDecoder _decoder;

    public UserEventDecoderTests()
    {
        _plans = EventPlan.CreateCache(_plan, _registry, TimeProvider.System);
        _decoder = new UserEventDecoder(_plan, _plans);
    }

    internal static byte[] Body(AvroSchema schema, params (string Name, object? Value)[] fields)
    {
        var record = new GenericRecord((RecordSchema)schema);
        foreach ((string name, object? value) in fields)
        {
            record[name] = value;
        }

        var output = new ArrayBufferWriter<byte>();
        GenericWriter.Compile(schema).Write(record, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Framed(int id, byte[] body)
    {
        byte[] value = new byte[WireFormat.PrefixSize + body.Length];
        WireFormat.WritePrefix(value, id);
        body.CopyTo(value, WireFormat.PrefixSize);
        return value;
    }

    private async Task<(int Id, AvroSchema Schema)> Register(string json)
    {
        RegisteredSchema registered = await _registry.RegisterSchemaWithResponseAsync(Guid.NewGuid().ToString(), new Schema(json, SchemaType.Avro));
        await _plans.FindAsync(registered.Id);
        return (registered.Id, AvroSchema.Parse(json, validation: SchemaValidation.Lenient));
    }

    private async Task<(int Id, byte[] Body)> UserEvent(string userId = "u1", long timestamp = 1000, string type = "purchase", string json = UserEventSchema.Json)
    {
        (int id, AvroSchema schema) = await Register(json);
        return (id, Body(schema, ("user_id", userId), ("event_type", type), ("timestamp", timestamp), ("session_id", null)));
    }

    private (DecodeStatus Status, string? Key, long TimestampMs, string? EventType) Decode(EventBatch batch)
    {
        DecodeStatus status = _decoder.Decode(batch, in batch.Record, out EventRow row);
        return status == DecodeStatus.Ok
            ? (status, Encoding.UTF8.GetString(row.Key), row.TimestampMs, Encoding.UTF8.GetString(row.Fields.GetBytes(2)))
            : (status, null, -1, null);
    }

    private Rejection Reject(EventBatch batch)
    {
        Assert.Equal(DecodeStatus.Rejected, Decode(batch).Status);
        return _decoder.Rejection;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData(UserEventSchema.Json)]
    [InlineData(AsTheUserWritesIt)]
    public async Task A_framed_event_becomes_a_row(string json)
    {
        (int id, byte[] body) = await UserEvent(json: json);
        Assert.Equal((DecodeStatus.Ok, "u1", 1000, "purchase"), Decode(new EventBatch(Utf8("u1"), Framed(id, body))));
    }

    [Fact]
    public async Task A_guid_as_prefix_and_an_id_in_a_header_name_the_schema_just_as_well()
    {
        (int id, byte[] body) = await UserEvent();
        Guid guid = Guid.Parse((await _registry.GetLatestSchemaAsync((await _registry.GetAllSubjectsAsync())[0])).Guid);
        await _plans.FindAsync(guid);
        byte[] prefix = new byte[WireFormat.GuidPrefixSize];
        WireFormat.WritePrefix(prefix, guid);
        Assert.Equal(DecodeStatus.Ok, Decode(new EventBatch(Utf8("u1"), [.. prefix, .. body])).Status);
        Assert.Equal(DropReason.UnknownSchema, Reject(new EventBatch(Utf8("u1"), Framed(-1, body))).Reason); // no id stands for the GUID
        Assert.Equal(DecodeStatus.Ok, Decode(new EventBatch(Utf8("u1"), body, headers: [new RecordHeader(WireFormat.ValueHeader, Framed(id, []))])).Status);
        Assert.Equal(DecodeStatus.Ok, Decode(new EventBatch(Utf8("u1"), Framed(id, body), headers: [new RecordHeader("traceparent", [1])])).Status);
    }

    [Fact]
    public async Task An_unknown_id_is_pending_while_it_is_fetched_and_then_decoded()
    {
        RegisteredSchema registered = await _registry.RegisterSchemaWithResponseAsync("s", new Schema(UserEventSchema.Json, SchemaType.Avro));
        byte[] body = Body(UserEventSchema.Schema, ("user_id", "u1"), ("event_type", "view"), ("timestamp", 5L), ("session_id", null));
        var batch = new EventBatch(Utf8("u1"), Framed(registered.Id, body));
        Assert.Equal(DecodeStatus.Pending, Decode(batch).Status);
        Assert.Equal(SchemaStatus.Ready, await _plans.FindAsync(registered.Id));
        Assert.Equal(DecodeStatus.Ok, Decode(batch).Status);
    }

    [Fact]
    public async Task A_registry_that_is_away_keeps_the_record_pending()
    {
        _registry.IsAway = true;
        var batch = new EventBatch(Utf8("u1"), Framed(7, [0]));
        Assert.Equal(DecodeStatus.Pending, Decode(batch).Status);
        await _plans.FindAsync(7);
        Assert.Equal(DecodeStatus.Pending, Decode(batch).Status);
    }

    [Fact]
    public async Task An_id_that_the_registry_denies_is_an_unknown_schema()
    {
        await _plans.FindAsync(4711);
        Rejection rejection = Reject(new EventBatch(Utf8("u1"), Framed(4711, [0])));
        Assert.Equal(DropReason.UnknownSchema, rejection.Reason);
        Assert.Contains("4711", rejection.Message, StringComparison.Ordinal);
        Assert.Equal(2, rejection.Message.Split("SchemaRegistry:Url").Length); // the remedy is told, and told once
    }

    [Fact]
    public async Task A_writer_that_the_source_schema_cannot_read_is_an_incompatible_schema()
    {
        (int id, AvroSchema schema) = await Register(
            """{"type":"record","name":"UserEvent","namespace":"com.company.events","fields":[{"name":"user_id","type":"string"},{"name":"timestamp","type":"long"}]}""");
        Rejection rejection = Reject(new EventBatch(Utf8("u1"), Framed(id, Body(schema, ("user_id", "u1"), ("timestamp", 1L)))));
        Assert.Equal(DropReason.IncompatibleSchema, rejection.Reason);
        Assert.Contains("event_type", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_writer_without_the_timestamp_is_an_invalid_timestamp()
    {
        (int id, AvroSchema schema) = await Register(
            """{"type":"record","name":"UserEvent","namespace":"com.company.events","fields":[{"name":"user_id","type":"string"},{"name":"event_type","type":"string"}]}""");
        Assert.Equal(DropReason.InvalidTimestamp, Reject(new EventBatch(Utf8("u1"), Framed(id, Body(schema, ("user_id", "u1"), ("event_type", "v"))))).Reason);
    }

    [Fact]
    public async Task A_truncated_body_is_corrupt_and_the_message_has_offset_field_and_schema_id()
    {
        (int id, byte[] body) = await UserEvent();
        Rejection rejection = Reject(new EventBatch(Utf8("u1"), Framed(id, body[..5])));
        Assert.Equal(DropReason.Corrupt, rejection.Reason);
        Assert.Contains($"schema {id}", rejection.Message, StringComparison.Ordinal);
        Assert.Contains("field 'event_type'", rejection.Message, StringComparison.Ordinal);
        Assert.Contains("at byte", rejection.Message, StringComparison.Ordinal);
        Assert.Equal(DropReason.Corrupt, Reject(new EventBatch(Utf8("u1"), Framed(id, [.. body, 0]))).Reason);
    }

    [Theory]
    [InlineData("hello, world")]
    [InlineData("\0\0")]
    [InlineData("")]
    public void A_value_without_framing_is_not_avro(string value) =>
        Assert.Equal(DropReason.NotAvro, Reject(new EventBatch(Utf8("u1"), Utf8(value))).Reason);

    [Fact]
    public void A_null_value_is_a_tombstone_and_a_null_key_is_a_null_key()
    {
        Assert.Equal(DropReason.Tombstone, Reject(new EventBatch(Utf8("u1"), null)).Reason);
        Assert.Equal(DropReason.NullKey, Reject(new EventBatch(null, [0, 0, 0, 0, 1])).Reason);
    }

    [Fact]
    public async Task The_record_key_is_the_keyed_field_raw_or_as_a_framed_avro_string()
    {
        string longId = new('x', 300);
        (int id, byte[] body) = await UserEvent(longId);
        byte[] framedKey = Framed(99, [0xD8, 0x04, .. Utf8(longId)]);
        Assert.Equal(DecodeStatus.Ok, Decode(new EventBatch(Utf8(longId), Framed(id, body))).Status);
        Assert.Equal(longId, Decode(new EventBatch(framedKey, Framed(id, body))).Key);
        Assert.Equal(longId, Decode(new EventBatch(framedKey[5..], body, headers: [new RecordHeader(WireFormat.KeyHeader, framedKey[..5]), new RecordHeader(WireFormat.ValueHeader, Framed(id, []))])).Key);
        Assert.Equal(DropReason.KeyMismatch, Reject(new EventBatch(framedKey[5..], Framed(id, body))).Reason);
        framedKey[5] = 0xDA;
        Assert.Equal(DropReason.KeyMismatch, Reject(new EventBatch(framedKey, Framed(id, body))).Reason);
        Assert.Equal(DropReason.KeyMismatch, Reject(new EventBatch(Framed(99, Utf8(longId)), Framed(id, body))).Reason);
    }

    // Each begins as a framed key does and ends with the field, but the two overlap.
    [Theory]
    [InlineData("\0abcd", "abcd")]
    [InlineData("\u0001kkkkkkkkkkkkkkkk", "kkkkkkkkkkkkkkkk")]
    [InlineData("\0\0\0\0\u0001x", "\0\0\0\u0001x")]
    public async Task A_key_that_is_too_short_for_its_framing_and_the_field_is_a_mismatch(string key, string userId)
    {
        (int id, byte[] body) = await UserEvent(userId);
        Assert.Equal(DropReason.KeyMismatch, Reject(new EventBatch(Utf8(key), Framed(id, body))).Reason);
    }

    [Fact]
    public async Task A_key_that_differs_from_the_field_is_a_mismatch_and_neither_is_in_the_message()
    {
        (int id, byte[] body) = await UserEvent("secret-user");
        Rejection rejection = Reject(new EventBatch(Utf8("other-user"), Framed(id, body)));
        Assert.Equal(DropReason.KeyMismatch, rejection.Reason);
        Assert.DoesNotContain("secret-user", rejection.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("other-user", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_negative_timestamp_is_invalid_and_zero_is_not()
    {
        (int id, byte[] negative) = await UserEvent(timestamp: -1);
        Assert.Equal(DropReason.InvalidTimestamp, Reject(new EventBatch(Utf8("u1"), Framed(id, negative))).Reason);
        (_, byte[] zero) = await UserEvent(timestamp: 0);
        Assert.Equal(0, Decode(new EventBatch(Utf8("u1"), Framed(id, zero))).TimestampMs);
    }

    [Theory]
    [InlineData("timestamp-micros", 1_234_567_890_123_456, 1_234_567_890_123)]
    [InlineData("timestamp-nanos", 1_234_567_890_123_456_789, 1_234_567_890_123)]
    [InlineData("timestamp-millis", 1_234_567_890_123, 1_234_567_890_123)]
    [InlineData("none", 1_234_567_890_123, 1_234_567_890_123)]
    public async Task Event_time_is_in_the_unit_that_the_writer_says(string logicalType, long written, long expectedMs)
    {
        string json = UserEventSchema.Json.Replace("timestamp-millis", logicalType, StringComparison.Ordinal);
        (int id, byte[] body) = await UserEvent(timestamp: written, json: json);
        Assert.Equal(expectedMs, Decode(new EventBatch(Utf8("u1"), Framed(id, body))).TimestampMs);
    }

    // Resolution compares unqualified names, so either branch is read as the source's record.
    [Theory]
    [InlineData("timestamp-micros", "timestamp-micros", 1_000L)]
    [InlineData("timestamp-millis", "timestamp-micros", null)]
    [InlineData("timestamp-micros", "timestamp-millis", null)]
    [InlineData("timestamp-millis", "absent", null)]
    public async Task A_union_of_events_is_read_where_its_branches_agree_on_the_unit_of_time(string first, string second, long? expectedMs)
    {
        string Branch(string space, string logicalType) => UserEventSchema.Json
            .Replace("com.company.events", space, StringComparison.Ordinal)
            .Replace("\"timestamp\"", logicalType == "absent" ? "\"at\"" : "\"timestamp\"", StringComparison.Ordinal)
            .Replace("timestamp-millis", logicalType, StringComparison.Ordinal);
        (int id, AvroSchema schema) = await Register($"[{Branch("a", first)},{Branch("b", second)},{{\"type\":\"record\",\"name\":\"Other\",\"fields\":[]}}]");
        byte[] body = [0, .. Body(((UnionSchema)schema).Branches[0], ("user_id", "u1"), ("event_type", "v"), ("timestamp", 1_000_000L), ("session_id", null))];
        var batch = new EventBatch(Utf8("u1"), Framed(id, body));
        if (expectedMs is null)
        {
            Assert.Equal(DropReason.IncompatibleSchema, Reject(batch).Reason);
            Assert.Contains("one unit of time", _decoder.Rejection.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expectedMs, Decode(batch).TimestampMs);
        }
    }

    [Fact]
    public async Task Null_in_the_keyed_field_or_the_timestamp_is_rejected()
    {
        const string Nullable =
            """
            {"type":"record","name":"UserEvent","namespace":"com.company.events","fields":[
              {"name":"user_id","type":["null","string"]},{"name":"event_type","type":"string"},{"name":"timestamp","type":["null","long"]}]}
            """;
        AvroSchema schema = AvroSchema.Parse(Nullable);
        FeaturePlan plan = FeatureViewCompilerTests.Plan(FeatureViewCompilerTests.UserSessions, schema);
        SchemaCache<EventPlan> plans = EventPlan.CreateCache(plan, _registry, TimeProvider.System);
        RegisteredSchema registered = await _registry.RegisterSchemaWithResponseAsync("nullable", new Schema(Nullable, SchemaType.Avro));
        await plans.FindAsync(registered.Id);
        var decoder = new UserEventDecoder(plan, plans);
        DropReason ReasonOf(string? user, object? timestamp)
        {
            var batch = new EventBatch(Utf8("u1"), Framed(registered.Id, Body(schema, ("user_id", user), ("event_type", "v"), ("timestamp", timestamp))));
            Assert.Equal(DecodeStatus.Rejected, decoder.Decode(batch, in batch.Record, out _));
            return decoder.Rejection.Reason;
        }

        Assert.Equal(DropReason.NullKey, ReasonOf(null, 1L));
        Assert.Equal(DropReason.InvalidTimestamp, ReasonOf("u1", null));
    }

    // The built-in schema has no null there, which many writers' have: the record is whole, and says what it lacks.
    [Fact]
    public async Task What_a_writer_left_null_and_the_source_s_schema_needs_is_named_and_not_corrupt()
    {
        (int id, AvroSchema schema) = await Register(
            """
            {"type":"record","name":"UserEvent","namespace":"com.company.events","fields":[{"name":"user_id","type":["null","string"]},
              {"name":"event_type","type":["null","string","int"]},{"name":"timestamp","type":["null",{"type":"long","logicalType":"timestamp-millis"}]}]}
            """);
        Rejection Rejected(string? user, object? type, long? timestamp) => Reject(new EventBatch(
            Utf8("u1"), Framed(id, Body(schema, ("user_id", user), ("event_type", type), ("timestamp", timestamp)))));

        Assert.Equal(DropReason.NullKey, Rejected(null, "view", 1).Reason);
        Assert.Equal(DropReason.InvalidTimestamp, Rejected("u1", "view", null).Reason);
        Rejection rejection = Rejected("u1", null, 1);
        Assert.Equal(
            (DropReason.IncompatibleSchema,
                $"Schema {id}, field 'event_type': the writer's branch null cannot be read: what the reader wants is of type string. "
                + "Read it with a schema that takes it (Source:Schema), or correct the producer's."),
            (rejection.Reason, rejection.Message));
        Assert.Equal(DropReason.IncompatibleSchema, Rejected("u1", 5, 1).Reason);
        Assert.Equal((DecodeStatus.Ok, "u1", 1, "view"), Decode(new EventBatch(
            Utf8("u1"), Framed(id, Body(schema, ("user_id", "u1"), ("event_type", "view"), ("timestamp", 1L))))));

        // A schema that nobody knows comes between: what is wrong with the next one is told of its own.
        Assert.Equal(DropReason.Corrupt, Reject(new EventBatch(Utf8("u1"), Framed(id, [2]))).Reason);
        await _plans.FindAsync(99);
        Assert.Equal(DropReason.UnknownSchema, Reject(new EventBatch(Utf8("u1"), Framed(99, []))).Reason);
        Assert.StartsWith($"Schema {id}, field 'event_type'", Rejected("u1", null, 1).Message, StringComparison.Ordinal);
        Assert.Contains($"its schema {id} says", Reject(new EventBatch(Utf8("u1"), Framed(id, [2]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_null_under_another_name_is_a_null_key()
    {
        AvroSchema source = AvroSchema.Parse(UserEventSchema.Json.Replace(
            "\"name\": \"user_id\",", "\"name\": \"user_id\", \"aliases\": [\"uid\"],", StringComparison.Ordinal));
        FeaturePlan plan = FeatureViewCompilerTests.Plan(FeatureViewCompilerTests.UserSessions, (RecordSchema)source);
        string text = UserEventSchema.Json.Replace("\"name\": \"user_id\", \"type\": \"string\"", "\"name\": \"uid\", \"type\": [\"null\", \"string\"]", StringComparison.Ordinal);
        Assert.Contains("uid", text, StringComparison.Ordinal);
        AvroSchema writer = AvroSchema.Parse(text);
        SchemaCache<EventPlan> plans = EventPlan.CreateCache(plan, _registry, TimeProvider.System);
        RegisteredSchema registered = await _registry.RegisterSchemaWithResponseAsync("uid", new Schema(text, SchemaType.Avro));
        await plans.FindAsync(registered.Id);
        var decoder = new UserEventDecoder(plan, plans);
        var batch = new EventBatch(
            Utf8("u1"), Framed(registered.Id, Body(writer, ("uid", null), ("event_type", "v"), ("timestamp", 1L), ("session_id", null))));
        Assert.Equal(DecodeStatus.Rejected, decoder.Decode(batch, in batch.Record, out _));
        Assert.Equal(DropReason.NullKey, decoder.Rejection.Reason);
    }

    [Fact]
    public async Task Schemas_that_alternate_from_record_to_record_are_each_read_as_written()
    {
        (int old, byte[] oldBody) = await UserEvent(timestamp: 1);
        string wider = UserEventSchema.Json.Replace("\"fields\": [", "\"fields\": [ { \"name\": \"amount\", \"type\": \"double\" },", StringComparison.Ordinal);
        (int id, AvroSchema schema) = await Register(wider);
        byte[] body = Body(schema, ("amount", 1.5), ("user_id", "u1"), ("event_type", "view"), ("timestamp", 2L), ("session_id", "s"));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal((DecodeStatus.Ok, "u1", 1, "purchase"), Decode(new EventBatch(Utf8("u1"), Framed(old, oldBody))));
            Assert.Equal((DecodeStatus.Ok, "u1", 2, "view"), Decode(new EventBatch(Utf8("u1"), Framed(id, body))));
        }
    }

    [Fact]
    public async Task Decoding_does_not_allocate()
    {
        (int id, byte[] body) = await UserEvent();
        var batch = new EventBatch(Utf8("u1"), Framed(id, body));
        var status = DecodeStatus.Pending;
        Assert.Equal(0, Allocations.Of(() => status = _decoder.Decode(batch, in batch.Record, out _)));
        Assert.Equal(DecodeStatus.Ok, status);
    }
}
