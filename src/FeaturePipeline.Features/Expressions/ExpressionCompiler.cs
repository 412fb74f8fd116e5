using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Definitions;

namespace FeaturePipeline.Features.Expressions;

/// <summary>Compiles expressions of the filter language: a subset of CEL, checked against the types of the event's fields.</summary>
/// <remarks>
/// Null: a comparison with a null field is false, also <c>!=</c>; <c>f == null</c> and <c>has(f)</c> ask for it. Arithmetic with null,
/// integer overflow and integer division by zero are null. Longs and doubles may be mixed and compare as real numbers.
/// </remarks>
public sealed class ExpressionCompiler
{
    private static readonly string[] Functions = ["has", "size", "timestamp", "double", "startsWith", "endsWith", "contains"];

    private readonly FieldTable _fields;

    private ExpressionCompiler(FieldTable fields) => _fields = fields;

    /// <summary>Compiles an expression of any type.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="fields">The event's fields; those that the expression reads are added to the projection.</param>
    /// <exception cref="ExpressionException">Where and what is wrong.</exception>
    public static Expression Compile(string text, FieldTable fields) => new ExpressionCompiler(fields).Bind(Parser.Parse(text));

    /// <summary>Compiles a filter.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="fields">The event's fields.</param>
    /// <exception cref="ExpressionException">Where and what is wrong; also when the expression is not boolean.</exception>
    public static BooleanExpression CompileFilter(string text, FieldTable fields) =>
        Compile(text, fields) is var expression && expression is BooleanExpression filter
            ? filter
            : throw new ExpressionException(0, $"a filter is boolean, this is {Timestamps.Name(expression.Kind)}");

    private Expression Bind(Syntax syntax) => syntax switch
    {
        BooleanSyntax b => new BooleanConstant(b.Value),
        LongSyntax l => new LongConstant(l.Value),
        DoubleSyntax d => new DoubleConstant(d.Value),
        TextSyntax t => new TextConstant(t.Value, t.IsBytes ? FieldKind.Bytes : FieldKind.String),
        FieldSyntax f => Field(f),
        UnarySyntax u => Unary(u),
        BinarySyntax b => Binary(b),
        InSyntax i => In(i),
        CallSyntax c => Call(c),
        _ => throw new ExpressionException(syntax.Position, "null stands only beside == and !="),
    };

    private Expression Field(FieldSyntax syntax)
    {
        int index;
        try
        {
            index = _fields.IndexOf(syntax.Path);
        }
        catch (ArgumentException e)
        {
            throw new ExpressionException(syntax.Position, FieldTable.Problem(e));
        }

        ProjectedField field = _fields.Fields[index];
        return field.Kind switch
        {
            FieldKind.Boolean => new BooleanField(index),
            FieldKind.Long => new LongField(index, field.LogicalType),
            FieldKind.Double => new DoubleField(index),
            _ => new TextField(index, field.Kind, field.LogicalType),
        };
    }

    private Expression Unary(UnarySyntax syntax) => (syntax.Operator, Bind(syntax.Operand)) switch
    {
        ("!", BooleanExpression b) => new Not(b),
        ("-", LongExpression l) => new LongArithmetic(ArithmeticOperator.Subtract, new LongConstant(0), l),
        ("-", DoubleExpression d) => new DoubleArithmetic(ArithmeticOperator.Multiply, new DoubleConstant(-1), d),
        (_, var operand) => throw new ExpressionException(syntax.Position, $"'{syntax.Operator}' does not work on {Timestamps.Name(operand.Kind)}"),
    };

    private Expression Binary(BinarySyntax syntax) => syntax.Operator switch
    {
        "&&" => new And(Condition(syntax, syntax.Left), Condition(syntax, syntax.Right)),
        "||" => new Or(Condition(syntax, syntax.Left), Condition(syntax, syntax.Right)),
        "+" => Arithmetic(syntax, ArithmeticOperator.Add),
        "-" => Arithmetic(syntax, ArithmeticOperator.Subtract),
        "*" => Arithmetic(syntax, ArithmeticOperator.Multiply),
        "/" => Arithmetic(syntax, ArithmeticOperator.Divide),
        "%" => Arithmetic(syntax, ArithmeticOperator.Remainder),
        _ => Comparison(syntax, Comparisons.Parse(syntax.Operator)),
    };

    private BooleanExpression Condition(BinarySyntax syntax, Syntax operand) =>
        Bind(operand) is var bound && bound is BooleanExpression condition
            ? condition
            : throw new ExpressionException(syntax.Position, $"'{syntax.Operator}' joins booleans, not {Timestamps.Name(bound.Kind)}");

    private Expression Arithmetic(BinarySyntax syntax, ArithmeticOperator op) => (Bind(syntax.Left), Bind(syntax.Right)) switch
    {
        (LongExpression l, LongExpression r) => new LongArithmetic(op, l, r),
        (LongExpression or DoubleExpression, LongExpression or DoubleExpression) when op == ArithmeticOperator.Remainder =>
            throw new ExpressionException(syntax.Position, "'%' works on whole numbers"),
        (var l, var r) when AsDouble(l) is { } left && AsDouble(r) is { } right => new DoubleArithmetic(op, left, right),
        (var l, var r) => throw new ExpressionException(
            syntax.Position, $"'{syntax.Operator}' works on numbers, not on {Timestamps.Name(l.Kind)} and {Timestamps.Name(r.Kind)}"),
    };

    private static DoubleExpression? AsDouble(Expression expression) => expression switch
    {
        DoubleExpression d => d,
        LongExpression l => new LongToDouble(l),
        _ => null,
    };

    private BooleanExpression Comparison(BinarySyntax syntax, ComparisonOperator op)
    {
        if (syntax.Left is NullSyntax || syntax.Right is NullSyntax)
        {
            return NullComparison(syntax, op);
        }

        return Compare(syntax.Position, op, Bind(syntax.Left), Bind(syntax.Right));
    }

    private BooleanExpression NullComparison(BinarySyntax syntax, ComparisonOperator op)
    {
        if (op is not (ComparisonOperator.Equal or ComparisonOperator.NotEqual))
        {
            throw new ExpressionException(syntax.Position, "null has no order; compare it by == or !=");
        }

        Syntax operand = syntax.Left is NullSyntax ? syntax.Right : syntax.Left;
        BooleanExpression test = operand is NullSyntax ? new BooleanConstant(true) : new NullTest(Bind(operand));
        return op == ComparisonOperator.Equal ? test : new Not(test);
    }

    private static BooleanExpression Compare(int position, ComparisonOperator op, Expression left, Expression right)
    {
        switch (left, right)
        {
            case (LongExpression l, LongExpression r):
                (l, r) = Timestamps.Align(l, r);
                return new LongComparison(op, l, r);
            case (DoubleExpression l, DoubleExpression r):
                return new DoubleComparison(op, l, r);
            case (LongExpression l, DoubleExpression r):
                return new MixedComparison(op, l, r);
            case (DoubleExpression l, LongExpression r):
                return new MixedComparison(op.Mirror(), r, l);
            case (TextField l, TextConstant r) when l.Kind == r.Kind && op == ComparisonOperator.Equal:
                return new TextFieldEquals(l.Index, r.Value);
            case (TextExpression l, TextExpression r) when l.Kind == r.Kind:
                return new TextComparison(op, l, r);
            case (BooleanExpression l, BooleanExpression r):
                return new BooleanComparison(op, l, r);
            default:
                throw new ExpressionException(position, $"{Timestamps.Name(left.Kind)} and {Timestamps.Name(right.Kind)} can't be compared");
        }
    }

    private BooleanExpression In(InSyntax syntax)
    {
        Expression value = Bind(syntax.Value);
        var alternatives = new List<BooleanExpression>();
        var texts = new List<byte[]>();
        var longs = new List<long>();
        foreach (Syntax item in syntax.Items)
        {
            if (item is NullSyntax)
            {
                alternatives.Add(new NullTest(value));
                continue;
            }

            Expression bound = Bind(item);
            if (value is TextExpression && bound is TextConstant text && text.Kind == value.Kind)
            {
                texts.Add(text.Value);
            }
            else if (value is LongExpression { LogicalType: null } && bound is LongConstant { LogicalType: null } number)
            {
                longs.Add(number.Value);
            }
            else
            {
                alternatives.Add(Compare(item.Position, ComparisonOperator.Equal, value, bound));
            }
        }

        if (texts.Count > 0)
        {
            alternatives.Add(new TextIn((TextExpression)value, [.. texts]));
        }

        if (longs.Count > 0)
        {
            alternatives.Add(new LongIn((LongExpression)value, [.. longs]));
        }

        return alternatives.Count == 0 ? new BooleanConstant(false) : alternatives.Aggregate((left, right) => new Or(left, right));
    }

    private Expression Call(CallSyntax syntax)
    {
        Syntax[] arguments = syntax.Target is null ? [.. syntax.Arguments] : [syntax.Target, .. syntax.Arguments];
        bool isMethod = syntax.Target is not null;
        return (syntax.Name, arguments) switch
        {
            ("has", [FieldSyntax field]) when !isMethod => new Not(new NullTest(Field(field))),
            ("size", [var operand]) => new Size(Text(syntax, operand)),
            ("timestamp", [TextSyntax { IsBytes: false } text]) when !isMethod => Timestamps.ParseLiteral(text.Value)
                ?? throw new ExpressionException(text.Position, "not a timestamp such as 2026-01-31T12:00:00Z (RFC 3339, to the microsecond)"),
            ("double", [var operand]) when !isMethod => AsDouble(Bind(operand))
                ?? throw new ExpressionException(syntax.Position, "double() takes a number"),
            ("startsWith", [var operand, var part]) when isMethod => Test(syntax, TextTestKind.StartsWith, operand, part),
            ("endsWith", [var operand, var part]) when isMethod => Test(syntax, TextTestKind.EndsWith, operand, part),
            ("contains", [var operand, var part]) when isMethod => Test(syntax, TextTestKind.Contains, operand, part),
            _ when Functions.Contains(syntax.Name, StringComparer.Ordinal) => throw new ExpressionException(
                syntax.Position, "wrong use; write has(f), size(f), timestamp(\"...\"), double(n), f.startsWith(s), f.endsWith(s) or f.contains(s)"),
            _ => throw new ExpressionException(syntax.Position, $"unknown function '{syntax.Name}'; {NearestName.Suggest(syntax.Name, Functions)}"),
        };
    }

    private TextTest Test(CallSyntax syntax, TextTestKind kind, Syntax operand, Syntax part)
    {
        (TextExpression value, TextExpression sought) = (Text(syntax, operand), Text(syntax, part));
        return value.Kind == FieldKind.String && sought.Kind == FieldKind.String
            ? new TextTest(kind, value, sought)
            : throw new ExpressionException(syntax.Position, $"{syntax.Name}() works on strings, not on bytes");
    }

    private TextExpression Text(CallSyntax syntax, Syntax operand) =>
        Bind(operand) is var bound && bound is TextExpression text
            ? text
            : throw new ExpressionException(syntax.Position, $"{syntax.Name}() works on strings, not on {Timestamps.Name(bound.Kind)}");
}
