namespace FeaturePipeline.Features.Expressions;

/// <summary>Kinds of tokens; punctuation and operators are all <see cref="Symbol"/>.</summary>
internal enum TokenKind
{
    End,
    Name,
    Symbol,
    Long,
    Double,
    String,
    Bytes,
}

/// <summary>A token.</summary>
/// <param name="Kind">Kind.</param>
/// <param name="Text">Name, symbol, or a number's digits.</param>
/// <param name="Position">Where it starts, from 0.</param>
/// <param name="Value">A string's UTF-8 bytes or a bytes literal's.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Position, byte[]? Value = null)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && string.Equals(Text, symbol, StringComparison.Ordinal);

    /// <summary>For messages: what stands here.</summary>
    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end",
        TokenKind.String or TokenKind.Bytes => "a string",
        _ => $"'{Text}'",
    };
}
