using System.Globalization;
using System.Text;

namespace FeaturePipeline.Features.Expressions;

/// <summary>Cuts an expression into tokens. Source: cel-spec, "Syntax" and "Values"; triple-quoted strings are left out.</summary>
internal sealed class Lexer(string text)
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", "."];

    private int _at;

    public static List<Token> Tokens(string text)
    {
        var lexer = new Lexer(text);
        var tokens = new List<Token>();
        do
        {
            tokens.Add(lexer.Next());
        }
        while (tokens[^1].Kind != TokenKind.End);
        return tokens;
    }

    private char Current => At(0);

    private char At(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private Token Next()
    {
        while (char.IsWhiteSpace(Current))
        {
            _at++;
        }

        int start = _at;
        if (_at == text.Length)
        {
            return new Token(TokenKind.End, "", start);
        }

        if (StringPrefixLength() is var prefix and >= 0)
        {
            return ReadString(prefix);
        }

        if (char.IsAsciiLetter(Current) || Current == '_')
        {
            while (char.IsAsciiLetterOrDigit(Current) || Current == '_')
            {
                _at++;
            }

            return new Token(TokenKind.Name, text[start.._at], start);
        }

        if (char.IsAsciiDigit(Current) || (Current == '.' && char.IsAsciiDigit(At(1))))
        {
            return ReadNumber();
        }

        string? symbol = Array.Find(Symbols, s => string.CompareOrdinal(text, start, s, 0, s.Length) == 0);
        _at += symbol?.Length ?? 0;
        return symbol is null
            ? throw new ExpressionException(start, Current is '=' or '&' or '|' ? $"'{Current}' is not an operator; write '{Current}{Current}'" : $"'{Current}' is not part of the language")
            : new Token(TokenKind.Symbol, symbol, start);
    }

    private Token ReadNumber()
    {
        int start = _at;
        if (Current == '0' && At(1) is 'x' or 'X')
        {
            _at += 2;
            Skip(char.IsAsciiHexDigit);
        }
        else
        {
            Skip(char.IsAsciiDigit);
            bool isDouble = false;
            if (Current == '.' && char.IsAsciiDigit(At(1)))
            {
                isDouble = true;
                _at++;
                Skip(char.IsAsciiDigit);
            }

            if (Current is 'e' or 'E' && (char.IsAsciiDigit(At(1)) || (At(1) is '+' or '-' && char.IsAsciiDigit(At(2)))))
            {
                isDouble = true;
                _at += 2;
                Skip(char.IsAsciiDigit);
            }

            if (isDouble)
            {
                return new Token(TokenKind.Double, text[start.._at], start);
            }
        }

        string digits = text[start.._at];
        if (Current is 'u' or 'U')
        {
            _at++;
        }

        return new Token(TokenKind.Long, digits, start);
    }

    private void Skip(Func<char, bool> while_)
    {
        while (_at < text.Length && while_(Current))
        {
            _at++;
        }
    }

    // -1 where no string starts here; otherwise the letters before the quote: r, b, rb or br.
    private int StringPrefixLength()
    {
        for (int i = 0; i < 3; i++)
        {
            if (At(i) is '\'' or '"')
            {
                return i;
            }

            if (At(i) is not ('r' or 'R' or 'b' or 'B'))
            {
                return -1;
            }
        }

        return -1;
    }

    private Token ReadString(int prefixLength)
    {
        int start = _at;
        string prefix = text.Substring(_at, prefixLength).ToUpperInvariant();
        bool isRaw = prefix.Contains('R', StringComparison.Ordinal);
        bool isBytes = prefix.Contains('B', StringComparison.Ordinal);
        _at += prefixLength;
        char quote = text[_at++];
        var bytes = new List<byte>();
        while (Current != quote)
        {
            if (_at >= text.Length || Current is '\n' or '\r')
            {
                throw new ExpressionException(start, "the string is not closed");
            }

            if (Current == '\\' && !isRaw)
            {
                ReadEscape(bytes, isBytes);
            }
            else
            {
                AddRune(bytes);
            }
        }

        _at++;
        return new Token(isBytes ? TokenKind.Bytes : TokenKind.String, text[start.._at], start, [.. bytes]);
    }

    private void AddRune(List<byte> bytes)
    {
        if (!Rune.TryGetRuneAt(text, _at, out Rune rune))
        {
            throw new ExpressionException(_at, "half of a surrogate pair");
        }

        AddUtf8(bytes, rune);
        _at += rune.Utf16SequenceLength;
    }

    private void ReadEscape(List<byte> bytes, bool isBytes)
    {
        const string Simple = "abfnrtv\\?\"'`";
        const string Values = "\a\b\f\n\r\t\v\\?\"'`";
        int start = _at++;
        char c = Current;
        int simple = Simple.IndexOf(c, StringComparison.Ordinal);
        if (simple >= 0)
        {
            _at++;
            bytes.Add((byte)Values[simple]);
            return;
        }

        (int length, int radix) = c switch { 'x' or 'X' => (2, 16), 'u' when !isBytes => (4, 16), 'U' when !isBytes => (8, 16), >= '0' and <= '3' => (3, 8), _ => (0, 0) };
        _at += radix == 16 ? 1 : 0;
        if (length == 0 || _at + length > text.Length || !TryParse(text.Substring(_at, length), radix, out uint code))
        {
            throw new ExpressionException(start, "not an escape sequence");
        }

        _at += length;
        if (isBytes)
        {
            bytes.Add((byte)code);
        }
        else if (Rune.TryCreate(code, out Rune rune))
        {
            AddUtf8(bytes, rune);
        }
        else
        {
            throw new ExpressionException(start, "not a Unicode scalar value");
        }
    }

    private static bool TryParse(string digits, int radix, out uint code)
    {
        if (radix == 16)
        {
            return uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
        }

        code = 0;
        foreach (char digit in digits)
        {
            if (digit is < '0' or > '7')
            {
                return false;
            }

            code = (code * 8) + (uint)(digit - '0');
        }

        return true;
    }

    private static void AddUtf8(List<byte> bytes, Rune rune)
    {
        Span<byte> buffer = stackalloc byte[4];
        bytes.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
    }
}
