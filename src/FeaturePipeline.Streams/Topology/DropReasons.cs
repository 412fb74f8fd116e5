namespace FeaturePipeline.Streams.Topology;

/// <summary>Texts of <see cref="DropReason"/>, as headers and metrics spell them.</summary>
public static class DropReasons
{
    /// <summary>The reason in snake case, for example <c>null_key</c>.</summary>
    /// <param name="reason">The reason.</param>
    public static string ToText(this DropReason reason) => reason switch
    {
        DropReason.NullKey => "null_key",
        DropReason.Tombstone => "tombstone",
        DropReason.NotAvro => "not_avro",
        DropReason.UnknownSchema => "unknown_schema",
        DropReason.IncompatibleSchema => "incompatible_schema",
        DropReason.Corrupt => "corrupt",
        DropReason.InvalidTimestamp => "invalid_timestamp",
        DropReason.KeyMismatch => "key_mismatch",
        DropReason.FutureTimestamp => "future_timestamp",
        DropReason.Late => "late",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, message: null),
    };
}
