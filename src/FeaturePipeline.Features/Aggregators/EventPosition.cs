using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>Where an event stands among all: by timestamp, then partition, then offset. That order never depends on arrival.</summary>
internal struct EventPosition
{
    private long _timestampMs;
    private long _offset;
    private int _partition;

    // 0 = no event: all zero is the empty state.
    private int _isSet;

    public EventPosition(in EventRow row)
    {
        _timestampMs = row.TimestampMs;
        _offset = row.Offset;
        _partition = row.Partition;
        _isSet = 1;
    }

    public readonly bool IsSet => _isSet != 0;

    public static int Compare(in EventPosition left, in EventPosition right)
    {
        int order = left._timestampMs.CompareTo(right._timestampMs);
        order = order != 0 ? order : left._partition.CompareTo(right._partition);
        return order != 0 ? order : left._offset.CompareTo(right._offset);
    }

    /// <summary>Whether a value at <paramref name="other"/> takes the place of the one held here, in a first or a last.</summary>
    public readonly bool YieldsTo(in EventPosition other, bool isLast) =>
        !IsSet || (isLast ? Compare(other, this) > 0 : Compare(other, this) < 0);

    public readonly void Write(ref StateWriter writer)
    {
        writer.WriteUnsigned((uint)_isSet);
        if (IsSet)
        {
            writer.WriteSigned(_timestampMs);
            writer.WriteSigned(_partition);
            writer.WriteSigned(_offset);
        }
    }

    public static EventPosition Read(ref StateReader reader) => reader.ReadUnsigned() == 0
        ? default
        : new EventPosition { _timestampMs = reader.ReadSigned(), _partition = (int)reader.ReadSigned(), _offset = reader.ReadSigned(), _isSet = 1 };
}
