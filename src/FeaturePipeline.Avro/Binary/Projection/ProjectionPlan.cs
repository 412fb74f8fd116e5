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
    bool HasText,
    int Slots,
    int DepthMax) : IDecodePaths
{
    public string PathOf(int place) => Paths[place];
}
