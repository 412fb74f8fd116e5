namespace FeaturePipeline.Features.Expressions;

/// <summary>The comparisons of the language.</summary>
internal enum ComparisonOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

internal static class Comparisons
{
    public static ComparisonOperator Parse(string symbol) => symbol switch
    {
        "==" => ComparisonOperator.Equal,
        "!=" => ComparisonOperator.NotEqual,
        "<" => ComparisonOperator.Less,
        "<=" => ComparisonOperator.LessOrEqual,
        ">" => ComparisonOperator.Greater,
        _ => ComparisonOperator.GreaterOrEqual,
    };

    /// <summary>The operator for exchanged operands.</summary>
    public static ComparisonOperator Mirror(this ComparisonOperator op) => op switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => op,
    };

    /// <summary>Whether it holds for an order: negative, zero or positive.</summary>
    public static bool Holds(this ComparisonOperator op, int order) => op switch
    {
        ComparisonOperator.Equal => order == 0,
        ComparisonOperator.NotEqual => order != 0,
        ComparisonOperator.Less => order < 0,
        ComparisonOperator.LessOrEqual => order <= 0,
        ComparisonOperator.Greater => order > 0,
        _ => order >= 0,
    };

    /// <summary>IEEE 754: every comparison with NaN but != is false.</summary>
    public static bool Holds(this ComparisonOperator op, double left, double right) => op switch
    {
        ComparisonOperator.Equal => left == right,
        ComparisonOperator.NotEqual => left != right,
        ComparisonOperator.Less => left < right,
        ComparisonOperator.LessOrEqual => left <= right,
        ComparisonOperator.Greater => left > right,
        _ => left >= right,
    };

    /// <summary>Compares as real numbers: a long is not rounded to a double first (cel-spec, "Numeric comparison").</summary>
    public static bool Holds(this ComparisonOperator op, long left, double right)
    {
        if (double.IsNaN(right))
        {
            return op == ComparisonOperator.NotEqual;
        }

        const double TwoTo63 = 9223372036854775808.0;
        if (right >= TwoTo63)
        {
            return op.Holds(-1);
        }

        if (right < -TwoTo63)
        {
            return op.Holds(1);
        }

        double floor = Math.Floor(right);
        int order = left.CompareTo((long)floor);
        return op.Holds(order != 0 || floor == right ? order : -1);
    }
}
