using System.Globalization;

namespace FeaturePipeline.Features.Expressions;

/// <summary>Parses tokens by recursive descent. Source: cel-spec, "Grammar"; messages, maps, macros and <c>?:</c> are left out.</summary>
internal sealed class Parser
{
    // Deep enough for people, shallow enough for the stack.
    private const int DepthMax = 64;

    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];
    private static readonly string[] Additive = ["+", "-"];
    private static readonly string[] Multiplicative = ["*", "/", "%"];

    private readonly List<Token> _tokens;
    private int _at;
    private int _depth;

    private Parser(List<Token> tokens) => _tokens = tokens;

    public static Syntax Parse(string text)
    {
        var parser = new Parser(Lexer.Tokens(text));
        if (parser.Current.Kind == TokenKind.End)
        {
            throw new ExpressionException(0, "the expression is empty");
        }

        Syntax syntax = parser.Or();
        return parser.Current.Kind == TokenKind.End ? syntax : throw parser.Unexpected("an operator or the end");
    }

    private Token Current => _tokens[_at];

    private Syntax Or() => Left(["||"], () => Left(["&&"], Relation));

    private Syntax Left(string[] operators, Func<Syntax> operand)
    {
        Syntax left = operand();
        while (Array.Exists(operators, Current.Is))
        {
            Token op = Take();
            left = new BinarySyntax(op.Position, op.Text, left, operand());
        }

        return left;
    }

    private Syntax Relation()
    {
        Syntax left = Addition();
        while (true)
        {
            if (Array.Exists(Comparisons, Current.Is))
            {
                Token op = Take();
                left = new BinarySyntax(op.Position, op.Text, left, Addition());
            }
            else if (Current is { Kind: TokenKind.Name, Text: "in" })
            {
                Token op = Take();
                Expect("[");
                left = new InSyntax(op.Position, left, List("]"));
            }
            else
            {
                return left;
            }
        }
    }

    private Syntax Addition() => Left(Additive, () => Left(Multiplicative, Unary));

    private Syntax Unary()
    {
        if (++_depth > DepthMax)
        {
            throw new ExpressionException(Current.Position, "nested too deeply");
        }

        Syntax syntax;
        Token token = Current;
        if (token.Is("!") || token.Is("-"))
        {
            _at++;

            // The smallest long has no positive counterpart: the sign belongs to the number.
            syntax = token.Is("-") && Current.Kind is TokenKind.Long or TokenKind.Double ? Number(Take(), "-") : new UnarySyntax(token.Position, token.Text, Unary());
        }
        else
        {
            syntax = Member();
        }

        _depth--;
        return syntax;
    }

    private Syntax Member()
    {
        Syntax syntax = Primary();
        while (Current.Is("."))
        {
            _at++;
            Token name = Current.Kind == TokenKind.Name ? Take() : throw Unexpected("a name");
            if (Current.Is("("))
            {
                _at++;
                syntax = new CallSyntax(name.Position, name.Text, syntax, List(")"));
            }
            else
            {
                syntax = syntax is FieldSyntax field
                    ? new FieldSyntax(field.Position, $"{field.Path}.{name.Text}")
                    : throw new ExpressionException(name.Position, "only a field has fields");
            }
        }

        return syntax;
    }

    private Syntax Primary()
    {
        Token token = Current;
        if (token.Is("("))
        {
            _at++;
            Syntax inner = Or();
            Expect(")");
            return inner;
        }

        if (token.Kind is TokenKind.End or TokenKind.Symbol || token is { Kind: TokenKind.Name, Text: "in" })
        {
            throw Unexpected("a field, a literal or '('");
        }

        _at++;
        return token.Kind switch
        {
            TokenKind.Long or TokenKind.Double => Number(token, ""),
            TokenKind.String or TokenKind.Bytes => new TextSyntax(token.Position, token.Value!, token.Kind == TokenKind.Bytes),
            _ => Name(token),
        };
    }

    private Syntax Name(Token token)
    {
        if (Current.Is("("))
        {
            _at++;
            return new CallSyntax(token.Position, token.Text, null, List(")"));
        }

        return token.Text switch
        {
            "true" => new BooleanSyntax(token.Position, true),
            "false" => new BooleanSyntax(token.Position, false),
            "null" => new NullSyntax(token.Position),
            _ => new FieldSyntax(token.Position, token.Text),
        };
    }

    private static Syntax Number(Token token, string sign)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        if (token.Kind == TokenKind.Double)
        {
            double value = double.Parse(sign + token.Text, NumberStyles.Float, invariant);
            return double.IsFinite(value)
                ? new DoubleSyntax(token.Position, value)
                : throw new ExpressionException(token.Position, "the number is too large for a double");
        }

        bool isHex = token.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool ok = UInt128.TryParse(isHex ? token.Text[2..] : token.Text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, invariant, out UInt128 magnitude)
            && magnitude <= (UInt128)long.MaxValue + (sign.Length == 0 ? 0u : 1u);
        return ok
            ? new LongSyntax(token.Position, sign.Length == 0 ? (long)magnitude : (long)-(Int128)magnitude)
            : throw new ExpressionException(token.Position, "the number does not fit 64 bits");
    }

    private List<Syntax> List(string close)
    {
        var items = new List<Syntax>();
        while (!Current.Is(close))
        {
            if (items.Count > 0)
            {
                Expect(",");
            }

            items.Add(Or());
        }

        _at++;
        return items;
    }

    private Token Take() => _tokens[_at++];

    private void Expect(string symbol)
    {
        if (!Current.Is(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }

        _at++;
    }

    private ExpressionException Unexpected(string expected) => new(Current.Position, $"{expected} is expected, not {Current}");
}
