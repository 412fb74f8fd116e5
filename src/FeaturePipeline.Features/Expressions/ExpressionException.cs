using System.Globalization;

namespace FeaturePipeline.Features.Expressions;

/// <summary>An expression is not valid, or its types do not fit.</summary>
public sealed class ExpressionException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="position">Position in the expression, from 0.</param>
    /// <param name="problem">What is wrong there, without the position.</param>
    public ExpressionException(int position, string problem)
        : base(string.Create(CultureInfo.InvariantCulture, $"at position {position + 1}: {problem}"))
    {
        Position = position;
    }

    /// <summary>Position in the expression, from 0; the message counts from 1.</summary>
    public int Position { get; }
}
