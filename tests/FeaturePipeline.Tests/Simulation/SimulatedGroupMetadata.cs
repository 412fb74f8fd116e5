namespace FeaturePipeline.Tests.Simulation;

/// <summary>What a member says it is; a lost member says nothing, as librdkafka does.</summary>
internal sealed record SimulatedGroupMetadata(ConsumerGroup Group, string MemberId, int Generation);
