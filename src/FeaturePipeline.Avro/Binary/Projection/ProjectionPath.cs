using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Binary.Projection;

/// <summary>A path of a projection, judged against the reader's schema.</summary>
internal static class ProjectionPath
{
    internal static ProjectedField Resolve(AvroSchema reader, string path)
    {
        AvroSchema schema = reader;
        bool nullable = false;
        string at = "";
        foreach (string part in path.Split('.'))
        {
            RecordSchema record = Record(schema, path, at, ref nullable);
            RecordField field = record.Field(part) ?? throw Unknown(record, part, path);
            schema = field.Schema;
            at = at.Length == 0 ? part : at + "." + part;
        }

        (FieldKind kind, string? logical) = Scalar(schema, path, ref nullable);
        return new ProjectedField(path, kind, nullable, logical);
    }

    /// <summary>What a value of a scalar type is held as, or null for a type that is not scalar.</summary>
    internal static FieldKind? KindOf(AvroType type) => type switch
    {
        AvroType.Boolean => FieldKind.Boolean,
        AvroType.Int or AvroType.Long => FieldKind.Long,
        AvroType.Float or AvroType.Double => FieldKind.Double,
        AvroType.String or AvroType.Enum => FieldKind.String,
        AvroType.Bytes or AvroType.Fixed => FieldKind.Bytes,
        _ => null,
    };

    private static RecordSchema Record(AvroSchema schema, string path, string at, ref bool nullable)
    {
        if (schema is UnionSchema { NullIndex: >= 0, Branches: [_, _] branches } union)
        {
            nullable = true;
            schema = branches[1 - union.NullIndex];
        }

        return schema as RecordSchema
            ?? throw new ArgumentException($"Field '{path}': '{at}' is {schema.TypeName}, not a record; only records have fields.", nameof(path));
    }

    private static (FieldKind Kind, string? Logical) Scalar(AvroSchema schema, string path, ref bool nullable)
    {
        IReadOnlyList<AvroSchema> branches = schema is UnionSchema union ? union.Branches : [schema];
        FieldKind? kind = null;
        string? logical = null;
        foreach (AvroSchema branch in branches)
        {
            if (branch.Type == AvroType.Null)
            {
                nullable = true;
                continue;
            }

            FieldKind own = KindOf(branch.Type)
                ?? throw new ArgumentException($"Field '{path}' is of type {branch.TypeName}; only scalar fields can be projected.", nameof(path));
            if (kind is not null && kind != own)
            {
                throw new ArgumentException($"Field '{path}' is a union of {kind} and {own}; only unions of one kind, and null, can be projected.", nameof(path));
            }

            logical = kind is null || logical == branch.Logical?.Name ? branch.Logical?.Name : null; // one that is not each branch's says nothing of the field
            kind = own;
        }

        return (kind ?? throw new ArgumentException($"Field '{path}' is always null.", nameof(path)), logical);
    }

    private static ArgumentException Unknown(RecordSchema record, string name, string path)
    {
        string hint = NearestName.Find(name, record.Fields.Select(field => field.Name)) is { } nearest ? $" Did you mean '{nearest}'?" : "";
        string fields = string.Join(", ", record.Fields.Select(field => field.Name));
        return new ArgumentException($"Field '{path}': record {record.Name} has no field '{name}'.{hint} Its fields: {fields}.", nameof(path));
    }
}
