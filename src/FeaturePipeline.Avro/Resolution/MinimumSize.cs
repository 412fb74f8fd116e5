using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Resolution;

/// <summary>The fewest bytes that a value of a schema takes: what bounds a block's count before anything is allocated for it.</summary>
internal static class MinimumSize
{
    internal static int Of(AvroSchema schema) => Of(schema, []);

    internal static int AddSaturated(int left, int right) => (int)Math.Min((long)left + right, int.MaxValue);

    private static int Of(AvroSchema schema, HashSet<AvroSchema> open)
    {
        switch (schema)
        {
            case RecordSchema record:
                if (!open.Add(record))
                {
                    return 0; // A record inside itself: too low a bound is safe.
                }

                int sum = 0;
                foreach (RecordField field in record.Fields)
                {
                    sum = AddSaturated(sum, Of(field.Schema, open));
                }

                open.Remove(record);
                return sum;
            case UnionSchema union:
                return union.Branches.Count == 0 ? 1 : AddSaturated(1, union.Branches.Min(branch => Of(branch, open)));
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
