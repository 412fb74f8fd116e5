using System.Text.Json.Nodes;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Interop;

/// <summary>One case of cases.json.</summary>
internal sealed record InteropCase
{
    public required string SchemaText { get; init; }

    public required AvroSchema Schema { get; init; }

    public string? ReaderText { get; init; }

    public AvroSchema? Reader { get; init; }

    public required IReadOnlyList<(string Name, string Text)> References { get; init; }

    public required JsonArray Values { get; init; }

    public required JsonArray Expected { get; init; }

    public SubjectNameStrategy Subjects { get; init; }

    public SchemaIdSerializerStrategy Ids { get; init; }

    /// <summary>Whether the schema's GUID stands before the body, which no serializer of Confluent's writes but every client reads.</summary>
    public bool HasGuidPrefix { get; init; }

    public string Subject(string topic) => Subjects switch
    {
        SubjectNameStrategy.Record => Schema.TypeName,
        SubjectNameStrategy.TopicRecord => $"{topic}-{Schema.TypeName}",
        _ => topic + "-value",
    };

    /// <param name="file">cases.json.</param>
    /// <param name="name">The case's name.</param>
    /// <param name="run">What RUN in a schema's text stands for: record subjects are not per topic.</param>
    public static InteropCase Load(string file, string name, string run)
    {
        var json = JsonNode.Parse(File.ReadAllText(file).Replace("RUN", "run" + run, StringComparison.Ordinal))!.AsArray()
            .Single(candidate => (string?)candidate!["name"] == name)!;
        var references = (json["references"]?.AsArray() ?? []).Select(one => ((string)one!["name"]!, one["schema"]!.ToJsonString())).ToArray();
        var known = new List<AvroSchema>();
        foreach (var (_, text) in references)
        {
            known.Add(AvroSchema.Parse(text, known));
        }

        return new InteropCase
        {
            SchemaText = json["schema"]!.ToJsonString(),
            Schema = AvroSchema.Parse(json["schema"]!.ToJsonString(), known),
            ReaderText = json["reader"]?.ToJsonString(),
            References = references,
            Values = json["values"]!.AsArray(),
            Expected = (json["expected"] ?? json["values"])!.AsArray(),
            Reader = json["reader"] is { } reader ? AvroSchema.Parse(reader.ToJsonString(), known) : null,
            Subjects = (string?)json["subject"] switch
            {
                "record" => SubjectNameStrategy.Record,
                "topic-record" => SubjectNameStrategy.TopicRecord,
                _ => SubjectNameStrategy.Topic,
            },
            Ids = (string?)json["ids"] switch
            {
                "header" or "guid-header" or "guid-prefix" => SchemaIdSerializerStrategy.Header,
                _ => SchemaIdSerializerStrategy.Prefix,
            },
            HasGuidPrefix = (string?)json["ids"] == "guid-prefix",
        };
    }
}
