namespace FeaturePipeline.Avro.Schemas;

/// <summary>The fifteen types of the Avro specification, 1.12.</summary>
public enum AvroType : byte
{
    /// <summary>No value; encoded in no bytes.</summary>
    Null,

    /// <summary>One byte, 0 or 1.</summary>
    Boolean,

    /// <summary>32-bit signed, zigzag varint.</summary>
    Int,

    /// <summary>64-bit signed, zigzag varint.</summary>
    Long,

    /// <summary>IEEE 754 single precision, 4 bytes little-endian.</summary>
    Float,

    /// <summary>IEEE 754 double precision, 8 bytes little-endian.</summary>
    Double,

    /// <summary>A long length, then as many bytes.</summary>
    Bytes,

    /// <summary>A long length, then as many bytes of UTF-8.</summary>
    String,

    /// <summary>Named fields, one after the other.</summary>
    Record,

    /// <summary>An int: the symbol's position.</summary>
    Enum,

    /// <summary>A number of bytes that the schema fixes.</summary>
    Fixed,

    /// <summary>Blocks of items.</summary>
    Array,

    /// <summary>Blocks of string keys and values.</summary>
    Map,

    /// <summary>A long branch index, then the branch.</summary>
    Union,
}
