using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Tests.Streams;

public sealed class StreamBuilderTests
{
    [Fact]
    public void A_topology_describes_itself_as_Kafka_Streams_does() => Assert.Equal(
        """
        Topologies:
           Sub-topology: 0
            Source: source (topics: [events])
              --> sessions-store
            Processor: sessions-store (stores: [sessions-store])
              --> sessions-store-sink
              <-- source
            Sink: sessions-store-sink (topic: sessions)
              <-- sessions-store

        """,
        TextTopology.Sessions(1, 1).Describe().ToString());

    [Fact]
    public void An_operator_without_a_sink_is_refused()
    {
        StreamBuilder builder = new();
        builder.Source("source", "events", () => new TextDecoder()).SessionWindow("view", new SessionWindows(1, 1), () => new TextAggregation());
        Assert.Contains("'view' feeds nothing", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_operators_of_one_name_are_refused()
    {
        StreamBuilder builder = new();
        SourceStream<TextRow> source = builder.Source("source", "events", () => new TextDecoder());
        for (int i = 0; i < 2; i++)
        {
            source.SessionWindow("view", new SessionWindows(1, 1), () => new TextAggregation()).To("out", () => new TextEncoder());
        }

        Assert.Contains("two nodes named 'view'", Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }
}
