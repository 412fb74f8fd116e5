using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

/// <summary>The fewest bytes that a value of a schema takes: what bounds a block's count before anything is allocated for it.</summary>
internal static class MinimumSize
{
    // As deep as values may nest. Below it too low a bound is safe.
    private const int DepthMax = AvroReader.DepthMaxHighest;

    internal static int Of(AvroSchema schema) => schema is RecordSchema { SizeMin: >= 0 and var known } ? known : Of(schema, []);

    internal static int AddSaturated(int left, int right) => (int)Math.Min((long)left + right, int.MaxValue);

    // A record that holds itself without a union or array between has no values, so its size does not matter.
    private static int Of(AvroSchema schema, Dictionary<RecordSchema, int> met)
    {
        switch (schema)
        {
            case RecordSchema { SizeMin: >= 0 and var known }:
                return known;
            case RecordSchema record:
                if (met.TryGetValue(record, out int half) || met.Count > DepthMax || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
                {
                    return half;
                }

                met[record] = 0;
                int sum = 0;
                foreach (RecordField field in record.Fields)
                {
                    sum = AddSaturated(sum, Of(field.Schema, met));
                }

                met.Remove(record);
                return record.SizeMin = sum;
            case UnionSchema union:
                // Types recur through unions: a record's own size is not asked for.
                return union.Branches.Count == 0 ? 1 : AddSaturated(1, union.Branches.Min(branch => branch is RecordSchema ? 0 : Of(branch, met)));
            case FixedSchema type:
                return type.Size;
            default:
                return schema.Type switch
                {
                    AvroType.Null => 0,
                    AvroType.Float => 4,
                    AvroType.Double => 8,
                    _ => 1,
                };
        }
    }
}
