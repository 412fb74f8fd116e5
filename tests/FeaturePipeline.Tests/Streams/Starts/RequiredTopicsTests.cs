using FeaturePipeline.Streams.Clients;
using FeaturePipeline.Streams.Errors;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;
using FeaturePipeline.Tests.Simulation;

namespace FeaturePipeline.Tests.Streams.Starts;

public sealed class RequiredTopicsTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(1);

    [Fact]
    public void Each_topic_is_wanted_once_however_many_sources_there_are()
    {
        SimulatedApplication app = new();
        app.Broker.CreateTopic("clicks", 2);
        var builder = new StreamBuilder();
        foreach (string source in new[] { SimulationTopology.Source, "clicks" })
        {
            builder.Source(source, source, static () => new NumberDecoder(static () => false))
                .SessionWindow($"of-{source}", new SessionWindows(60_000, 0), static () => new NumberAggregation()).To($"{source}-finals", static () => new NumberEncoder());
        }

        using IAdmin admin = new SimulatedClients(app.Broker, SimulatedApplication.Id, "start").CreateAdmin();
        string message = Assert.Throws<StreamsException>(() => RequiredTopics.Ensure(
            builder.Build(), app.Options with { CreateTopics = false, DeadLetterTopic = "dead" }, admin, s_timeout)).Message;

        Assert.Equal(
            "Topics are missing and Streams:CreateTopics is false: app-of-events-changelog (1 partitions), events-finals (1 partitions), "
            + "clicks-finals (1 partitions), dead (1 partitions), app-of-clicks-changelog (2 partitions).",
            message);
    }
}
