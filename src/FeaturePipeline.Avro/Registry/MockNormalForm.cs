using System.Text.Json.Nodes;

namespace FeaturePipeline.Avro.Registry;

/// <summary>The text that a registry in memory keeps with <c>normalize=true</c>: attributes that Avro does not know in the order of their
/// names.</summary>
internal static class MockNormalForm
{
    // Printed in one order already.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "type", "name", "namespace", "doc", "fields", "symbols", "items", "values", "size", "default", "order", "aliases",
    };

    /// <param name="schema">A schema as <see cref="Schemas.AvroSchema"/> prints it.</param>
    public static string Of(string schema) => Ordered(JsonNode.Parse(schema))?.ToJsonString() ?? "null";

    private static JsonNode? Ordered(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members
            .OrderBy(static member => Known.Contains(member.Key) ? "" : member.Key, StringComparer.Ordinal)
            .Select(static member => KeyValuePair.Create(member.Key, Ordered(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Ordered)]),
        _ => node?.DeepClone(),
    };
}
