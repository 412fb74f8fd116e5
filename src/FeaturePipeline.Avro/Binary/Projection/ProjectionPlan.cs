using FeaturePipeline.Avro.Resolution;

namespace FeaturePipeline.Avro.Binary.Projection;

/// <summary>A flat plan: operations, and the tables that they point into.</summary>
internal sealed record ProjectionPlan(
    ProjectionOp[] Ops,
    int[] Targets,
    FieldValue[] Symbols,
    FieldValue[] Values,
    Skipper[] Skippers,
    byte[] Constants,
    string[] Paths,
    Dictionary<int, (DecodeErrorKind Error, string Text)> Reasons,
    bool HasText,
    int Slots,
    int DepthMax) : IDecodePaths
{
    public string PathOf(int place) => Paths[place];

    public string? DetailOf(int place, DecodeErrorKind error) =>
        Reasons.TryGetValue(place, out var reason) && reason.Error == error ? reason.Text : null;
}
