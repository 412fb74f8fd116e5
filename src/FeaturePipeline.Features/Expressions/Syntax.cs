namespace FeaturePipeline.Features.Expressions;

/// <summary>What the parser makes of the tokens, before types are known.</summary>
/// <param name="Position">Where it starts, for messages; an operator's own position for binary ones.</param>
internal abstract record Syntax(int Position);

internal sealed record NullSyntax(int Position) : Syntax(Position);

internal sealed record BooleanSyntax(int Position, bool Value) : Syntax(Position);

internal sealed record LongSyntax(int Position, long Value) : Syntax(Position);

internal sealed record DoubleSyntax(int Position, double Value) : Syntax(Position);

internal sealed record TextSyntax(int Position, byte[] Value, bool IsBytes) : Syntax(Position);

/// <summary>A field, or a path into nested records.</summary>
internal sealed record FieldSyntax(int Position, string Path) : Syntax(Position);

/// <summary><c>name(arguments)</c>, or <c>target.name(arguments)</c>.</summary>
internal sealed record CallSyntax(int Position, string Name, Syntax? Target, IReadOnlyList<Syntax> Arguments) : Syntax(Position);

/// <summary><c>!</c> or <c>-</c>.</summary>
internal sealed record UnarySyntax(int Position, string Operator, Syntax Operand) : Syntax(Position);

internal sealed record BinarySyntax(int Position, string Operator, Syntax Left, Syntax Right) : Syntax(Position);

/// <summary><c>value in [items]</c>.</summary>
internal sealed record InSyntax(int Position, Syntax Value, IReadOnlyList<Syntax> Items) : Syntax(Position);
