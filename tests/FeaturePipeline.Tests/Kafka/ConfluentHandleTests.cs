using System.Reflection;
using Confluent.Kafka;
using FeaturePipeline.Kafka.Native;

namespace FeaturePipeline.Tests.Kafka;

public sealed class ConfluentHandleTests
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    [Fact]
    public void This_version_of_Confluent_Kafka_keeps_its_native_handle_where_the_batch_consumer_looks()
    {
        PropertyInfo? property = typeof(Handle).GetProperty(ConfluentHandle.HandleProperty, Instance);
        Assert.True(
            property?.PropertyType.FullName == ConfluentHandle.SafeHandleType,
            $"Confluent.Kafka {typeof(Handle).Assembly.GetName().Version} has no Handle.{ConfluentHandle.HandleProperty} of type "
            + $"{ConfluentHandle.SafeHandleType} any more. Adapt FeaturePipeline.Kafka.Native.ConfluentHandle to the new version, or go back.");

        Type? consumer = typeof(Handle).Assembly.GetType("Confluent.Kafka.Consumer`2");
        Assert.True(
            consumer?.GetField("handlerException", Instance)?.FieldType == typeof(Exception),
            "Confluent.Kafka's Consumer has no field handlerException any more: exceptions of its rebalance handling would go unnoticed. "
            + "Adapt FeaturePipeline.Kafka.Native.ConfluentHandle.");
    }

    [Fact]
    public void The_native_handle_of_a_consumer_and_its_kept_exception_are_reached()
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>([new("group.id", "g")]).SetLogHandler((_, _) => { }).Build();
        Assert.NotEqual(0, ConfluentHandle.Of(consumer));
        Assert.Null(ConfluentHandle.TakeHandlerException(consumer));
    }

    [Fact]
    public void Native_calls_are_bound_to_the_file_that_Confluent_Kafka_loaded()
    {
        Assert.Equal("Local: Broker transport failure", NativeText.OfError((int)ErrorCode.Local_Transport));
        if (OperatingSystem.IsLinux())
        {
            string[] files = File.ReadLines("/proc/self/maps").Where(l => l.Contains("librdkafka", StringComparison.Ordinal))
                .Select(l => l[l.IndexOf('/', StringComparison.Ordinal)..]).Distinct().ToArray();
            Assert.Equal([LibrdkafkaLibrary.LoadedPath], files); // one copy only
        }
    }
}
