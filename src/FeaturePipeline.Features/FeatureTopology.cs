using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Streams.Topology;
using FeaturePipeline.Streams.Windows;

namespace FeaturePipeline.Features;

/// <summary>The whole graph: user events in, one windowed aggregate and one topic for each view.</summary>
public static class FeatureTopology
{
    /// <summary>Builds the graph.</summary>
    /// <param name="plan">The views.</param>
    /// <param name="registry">Where writers' schemas come from.</param>
    /// <param name="schemaIds">Ids of the views' schemas, from <see cref="FeatureSchemas.RegisterAsync"/>.</param>
    /// <param name="timeProvider">Clock of waits for schemas.</param>
    public static Topology Build(FeaturePlan plan, ISchemaRegistryClient registry, IReadOnlyDictionary<string, int> schemaIds, TimeProvider timeProvider)
    {
        return Build(plan, EventPlan.CreateCache(plan, registry, timeProvider), schemaIds);
    }

    /// <summary>Builds the graph on a cache of the caller's, who can then see whether the registry answers.</summary>
    /// <param name="plan">The views.</param>
    /// <param name="plans">Plans by writer's schema, from <see cref="EventPlan.CreateCache"/>.</param>
    /// <param name="schemaIds">Ids of the views' schemas, from <see cref="FeatureSchemas.RegisterAsync"/>.</param>
    public static Topology Build(FeaturePlan plan, SchemaCache<EventPlan> plans, IReadOnlyDictionary<string, int> schemaIds) =>
        Build(plan, () => new UserEventDecoder(plan, plans), schemaIds);

    /// <summary>Builds the graph on the caller's decoders: benchmarks compare serdes in the whole worker.</summary>
    /// <param name="plan">The views.</param>
    /// <param name="decoder">Makes the decoder of one task.</param>
    /// <param name="schemaIds">Ids of the views' schemas, from <see cref="FeatureSchemas.RegisterAsync"/>.</param>
    public static Topology Build(FeaturePlan plan, Func<IRecordDecoder<EventRow>> decoder, IReadOnlyDictionary<string, int> schemaIds) =>
        Build(plan, decoder, view => new FeatureRecordEncoder(view, schemaIds[view.Name]));

    /// <summary>The graph as text and tools show it; needs no registry.</summary>
    /// <param name="plan">The views.</param>
    public static TopologyDescription Describe(FeaturePlan plan) =>
        Build(plan, () => throw new InvalidOperationException("Made to be described."), _ => throw new InvalidOperationException("Made to be described.")).Describe();

    private static Topology Build(FeaturePlan plan, Func<IRecordDecoder<EventRow>> decoder, Func<FeatureView, FeatureRecordEncoder> encoder)
    {
        var builder = new StreamBuilder();
        SourceStream<EventRow> events = builder.Source($"{plan.Source.Topic}-source", plan.Source.Topic, decoder);
        foreach (FeatureView view in plan.Views)
        {
            var windows = new SessionWindows((long)view.Gap.TotalMilliseconds, (long)view.Grace.TotalMilliseconds);
            SourceStream<EventRow> accepted = view.Filter is { } filter ? events.Filter((in EventRow row) => filter.IsTrue(row)) : events;
            accepted.SessionWindow(view.Name, windows, () => new FeatureAggregation(view)).To(view.Topic, () => encoder(view));
        }

        return builder.Build();
    }
}
