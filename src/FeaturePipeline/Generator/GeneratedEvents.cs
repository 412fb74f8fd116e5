using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Generator;

/// <summary>The events of a <see cref="TrafficGenerator"/>, without end.</summary>
/// <param name="traffic">What traffic.</param>
/// <param name="schemaId">Id of the UserEvent schema.</param>
internal sealed class GeneratedEvents(TrafficOptions traffic, int schemaId) : EventSupply
{
    private readonly TrafficGenerator _generator = new(traffic);
    private readonly UserEventWriter _writer = new(UserEventSchema.Schema, schemaId);
    private long _timestampMs;

    public override ReadOnlySpan<byte> Key => _writer.Key;

    public override ReadOnlySpan<byte> Value => _writer.Value;

    public override bool HasKey => true;

    public override long TimestampMs => _timestampMs;

    public override bool MoveNext()
    {
        GeneratedEvent generated = _generator.Next();
        _writer.Write(generated);
        _timestampMs = generated.TimestampMs;
        return true;
    }
}
