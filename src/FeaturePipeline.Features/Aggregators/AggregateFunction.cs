using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Aggregators;

/// <summary>What a function's <c>Of</c> may be.</summary>
internal enum OperandRule
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Anything, or nothing.</summary>
    Optional,

    /// <summary>Anything.</summary>
    Any,

    /// <summary>Anything that has an Avro type of its own in the output: not a decimal.</summary>
    Carried,

    /// <summary>A number.</summary>
    Number,

    /// <summary>Another feature.</summary>
    Feature,
}

/// <summary>An aggregate function by its name in the configuration.</summary>
/// <param name="Name">Name.</param>
/// <param name="Operand">What <c>Of</c> may be.</param>
/// <param name="Create">Makes the aggregator; null for a function that is derived from others or from the window.</param>
internal sealed record AggregateFunction(string Name, OperandRule Operand, Func<Expression?, Aggregator>? Create)
{
    public const string SessionDuration = "session_duration";
    public const string Ratio = "ratio";
    public const string Difference = "difference";

    /// <summary>The functions that exist.</summary>
    public static readonly IReadOnlyDictionary<string, AggregateFunction> ByName = new AggregateFunction[]
    {
        new("count", OperandRule.Optional, of => new Count(of)),
        new("sum", OperandRule.Number, of => of is LongExpression l ? new LongSum(l) : new DoubleSum((DoubleExpression)of!)),
        new("mean", OperandRule.Number, of => of is LongExpression l ? new LongMean(l) : new DoubleMean((DoubleExpression)of!)),
        new("min", OperandRule.Number, of => Extreme(of!, isMax: false)),
        new("max", OperandRule.Number, of => Extreme(of!, isMax: true)),
        new("var_pop", OperandRule.Number, of => new Variance(of!, isSample: false, isRoot: false)),
        new("var_samp", OperandRule.Number, of => new Variance(of!, isSample: true, isRoot: false)),
        new("stddev_pop", OperandRule.Number, of => new Variance(of!, isSample: false, isRoot: true)),
        new("stddev_samp", OperandRule.Number, of => new Variance(of!, isSample: true, isRoot: true)),
        new("first", OperandRule.Carried, of => AtEdge(of!, isLast: false)),
        new("last", OperandRule.Carried, of => AtEdge(of!, isLast: true)),
        new("count_distinct", OperandRule.Any, of => new CountDistinct(of!)),
        new(SessionDuration, OperandRule.None, null),
        new(Ratio, OperandRule.Feature, null),
        new(Difference, OperandRule.Feature, null),
    }.ToDictionary(function => function.Name, StringComparer.Ordinal);

    /// <summary>Functions of the contract that this version does not have.</summary>
    public static readonly IReadOnlyCollection<string> NotBuilt =
    [
        "first_k", "last_k", "last_distinct_k", "approx_count_distinct", "approx_percentile", "histogram", "top_k", "ewma", "exp_decay_sum",
    ];

    private static Aggregator Extreme(Expression of, bool isMax) =>
        of is LongExpression l ? new LongExtreme(l, isMax) : new DoubleExtreme((DoubleExpression)of, isMax);

    private static Aggregator AtEdge(Expression of, bool isLast) =>
        of.Kind is FieldKind.String or FieldKind.Bytes ? new TextAtEdge((TextExpression)of, isLast) : new NumberAtEdge(of, isLast);
}
