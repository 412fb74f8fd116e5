extern alias DefaultSerde;
extern alias OurSerde;
using Confluent.Kafka;
using FeaturePipeline.Avro.Registry;
using DefaultProgram = DefaultSerde::DropIn.SerdeProgram;
using OurProgram = OurSerde::DropIn.SerdeProgram;

namespace FeaturePipeline.Tests.Avro.DropIn;

[CollectionDefinition(nameof(TimeZoneCollection), DisableParallelization = true)]
public class TimeZoneCollection;

/// <summary>Times on a machine that is not set to UTC. The zone is the whole process's: nothing else runs meanwhile.</summary>
[Collection(nameof(TimeZoneCollection))]
public sealed class DropInTimeZoneTests : IDisposable
{
    private readonly string? _before = Environment.GetEnvironmentVariable("TZ");

    public void Dispose() => Set(_before);

    [Theory]
    [InlineData("Asia/Tokyo", DateTimeKind.Unspecified)]
    [InlineData("Asia/Tokyo", DateTimeKind.Local)]
    [InlineData("America/New_York", DateTimeKind.Unspecified)]
    [InlineData("America/New_York", DateTimeKind.Local)]
    [InlineData("America/New_York", DateTimeKind.Utc)]
    public async Task A_time_that_does_not_say_its_zone_is_the_machine_s_with_both(string zone, DateTimeKind kind)
    {
        Set(zone);
        Assert.SkipWhen(TimeZoneInfo.Local.BaseUtcOffset == TimeSpan.Zero, $"The machine does not know the time zone {zone}.");
        var at = new DateTime(2026, 6, 1, 12, 0, 0, 5, kind);
        var registry = new MockSchemaRegistry();
        var context = new SerializationContext(MessageComponentType.Value, "drop-in", []);
        var generic = DropInCases.Record(
            global::Avro.Schema.Parse("""{"type":"record","name":"Times","fields":[{"name":"a","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"b","type":{"type":"int","logicalType":"date"}}]}"""), at, at);
        byte[] bytes = await new DefaultProgram(registry).WriteAsync(generic, "topic-record", context);
        Assert.Equal(bytes, await new OurProgram(registry).WriteAsync(generic, "topic-record", context));

        var order = new test.Order { at = at, price = new global::Avro.AvroDecimal(1, 2), digest = new test.Digest { Value = [1, 2, 3] }, tags = [], counts = new Dictionary<string, long>() };
        byte[] message = await new DefaultProgram(registry).WriteAsync(order, "none", context);
        Assert.Equal(message, await new OurProgram(registry).WriteAsync(order, "none", context));
        DateTime read = (await new OurProgram(registry).ReadAsync<test.Order>(message, "none", context)).at;
        Assert.Equal((at.ToUniversalTime(), DateTimeKind.Utc), (read, read.Kind));
    }

    private static void Set(string? zone)
    {
        Environment.SetEnvironmentVariable("TZ", zone);
        TimeZoneInfo.ClearCachedData();
    }
}
