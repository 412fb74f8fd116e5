namespace FeaturePipeline.Avro.Schemas;

/// <summary>The named types that a schema's text may name: those of its references, then its own, from where they are defined on.</summary>
internal sealed class SchemaNames
{
    private readonly Dictionary<string, NamedSchema> _names = new(StringComparer.Ordinal);

    internal NamedSchema? Find(string fullName) => _names.GetValueOrDefault(fullName);

    internal bool TryAdd(NamedSchema schema) => _names.TryAdd(schema.Name.FullName, schema);

    /// <summary>Adds all named types of schemas; the first of a name stays. Without recursion, because references refer to references.</summary>
    internal void AddAllOf(IEnumerable<AvroSchema> schemas)
    {
        var seen = new HashSet<AvroSchema>();
        var open = new Stack<AvroSchema>(schemas.Reverse());
        while (open.TryPop(out AvroSchema? schema))
        {
            if (!seen.Add(schema))
            {
                continue;
            }

            if (schema is NamedSchema named)
            {
                TryAdd(named);
            }

            foreach (AvroSchema part in schema switch
            {
                RecordSchema record => record.Fields.Select(field => field.Schema).Reverse(),
                UnionSchema union => union.Branches.Reverse(),
                ArraySchema array => [array.Items],
                MapSchema map => [map.Values],
                _ => [],
            })
            {
                open.Push(part);
            }
        }
    }
}
