using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Tests.Features.Expressions;

public sealed class ExpressionTests
{
    private static readonly AvroSchema Schema = AvroSchema.Parse(
        """
        {"type":"record","name":"E","fields":[
          {"name":"event_type","type":"string"},
          {"name":"session_id","type":["null","string"],"default":null},
          {"name":"n","type":"long"},
          {"name":"x","type":"double"},
          {"name":"missing_number","type":["null","long"],"default":null},
          {"name":"flag","type":["null","boolean"],"default":null},
          {"name":"timestamp","type":"long"},
          {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
          {"name":"raw","type":"bytes"},
          {"name":"page","type":["null",{"type":"record","name":"P","fields":[{"name":"url","type":"string"}]}],"default":null}]}
        """);

    private static readonly Dictionary<string, object?> Event = new(StringComparer.Ordinal)
    {
        ["event_type"] = "purchase",
        ["session_id"] = null,
        ["n"] = 9007199254740993L,
        ["x"] = 2.5,
        ["missing_number"] = null,
        ["flag"] = null,
        ["timestamp"] = 1_767_225_600_000L, // 2026-01-01T00:00:00Z
        ["at"] = 1_767_225_600_000_001L,
        ["raw"] = new byte[] { 0, 255 },
        ["page.url"] = "/héllo/😀",
    };

    private static FieldTable Fields() => new(path => ProjectedDecoder.Resolve(Schema, [path])[0]);

    private static EventRow Row(FieldTable fields) => TestRows.Row(5, 0, 0, [.. fields.Paths.Select(p => Event[p])]);

    private static bool IsTrue(string text)
    {
        FieldTable fields = Fields();
        BooleanExpression filter = ExpressionCompiler.CompileFilter(text, fields);
        return filter.IsTrue(Row(fields));
    }

    [Theory]
    [InlineData("event_type == 'purchase'", true)]
    [InlineData("event_type == \"purchase\"", true)]
    [InlineData("event_type != 'view'", true)]
    [InlineData("'purchase' == event_type", true)]
    [InlineData("event_type in ['view', 'purchase']", true)]
    [InlineData("event_type in ['view']", false)]
    [InlineData("event_type in []", false)]
    [InlineData("event_type < 'q' && event_type >= 'p'", true)]
    [InlineData("event_type.startsWith('pur') && event_type.endsWith('ase') && event_type.contains('cha')", true)]
    [InlineData("event_type.startsWith('x')", false)]
    [InlineData("page.url == '/h\\u00e9llo/\\U0001F600'", true)]
    [InlineData("page.url.startsWith(r'/h')", true)]
    [InlineData("size(page.url) == 8 && page.url.size() == 8", true)]
    [InlineData("size(raw) == 2 && raw == b'\\x00\\xff'", true)]
    [InlineData("true || false && false", true)]
    [InlineData("(true || false) && false", false)]
    [InlineData("!(event_type == 'view')", true)]
    [InlineData("!false && !!true", true)]
    public void Strings_and_booleans(string text, bool expected) => Assert.Equal(expected, IsTrue(text));

    [Theory]
    [InlineData("n == 9007199254740993", true)]
    [InlineData("n == 9007199254740992.0", false)]
    [InlineData("n > 9007199254740992.0 && 9007199254740992.0 < n", true)]
    [InlineData("n < 1e300 && n > -1e300", true)]
    [InlineData("x > 2 && x < 3 && x != 2", true)]
    [InlineData("x == 2.5", true)]
    [InlineData("x in [1, 2.5]", true)]
    [InlineData("n in [1, 9007199254740993, 3]", true)]
    [InlineData("1 + 2 * 3 == 7 && (1 + 2) * 3 == 9", true)]
    [InlineData("7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1", true)]
    [InlineData("7.0 / 2 == 3.5", true)]
    [InlineData("10 - 2 - 3 == 5", true)]
    [InlineData("x * 2 == 5.0 && -x == -2.5", true)]
    [InlineData("0x10 == 16 && 5u == 5 && 1e3 == 1000 && .5 == 0.5", true)]
    [InlineData("-9223372036854775808 < 0", true)]
    [InlineData("double(7) / 2.0 == 3.5", true)]
    [InlineData("9223372036854775807 + 1 > 0", false)]
    [InlineData("9223372036854775807 + 1 == null", true)]
    [InlineData("1 / 0 == 1 || 1 % 0 == 1 || 1 / 0 != 1", false)]
    [InlineData("1.0 / 0.0 > 1e308", true)]
    [InlineData("0.0 / 0.0 == 0.0 / 0.0", false)]
    [InlineData("0.0 / 0.0 != 1", true)]
    [InlineData("-9223372036854775808 / -1 == null", true)]
    public void Numbers_compare_as_real_numbers_and_overflow_is_null(string text, bool expected) => Assert.Equal(expected, IsTrue(text));

    [Theory]
    [InlineData("session_id == 'a'", false)]
    [InlineData("session_id != 'a'", false)]
    [InlineData("!(session_id == 'a')", true)]
    [InlineData("missing_number < 1 || missing_number >= 1", false)]
    [InlineData("missing_number + 1 == 1", false)]
    [InlineData("session_id == null && null == session_id", true)]
    [InlineData("session_id != null", false)]
    [InlineData("event_type != null", true)]
    [InlineData("has(session_id)", false)]
    [InlineData("has(event_type) && has(page.url)", true)]
    [InlineData("session_id in ['a', null]", true)]
    [InlineData("session_id in ['a']", false)]
    [InlineData("session_id.startsWith('')", false)]
    [InlineData("size(session_id) == 0", false)]
    [InlineData("flag", false)]
    [InlineData("flag == true || flag == false", false)]
    [InlineData("null == null", true)]
    public void A_comparison_with_null_is_false_unless_it_asks_for_null(string text, bool expected) => Assert.Equal(expected, IsTrue(text));

    [Theory]
    [InlineData("timestamp == timestamp('2026-01-01T00:00:00Z')", true)]
    [InlineData("timestamp >= timestamp('2026-01-01T01:00:00+01:00')", true)]
    [InlineData("timestamp < timestamp('2026-01-01T00:00:00.000001Z')", true)]
    [InlineData("at > timestamp('2026-01-01T00:00:00Z')", true)]
    [InlineData("at == timestamp('2026-01-01T00:00:00.000001Z')", true)]
    [InlineData("timestamp > 1767225599999", true)]
    public void Timestamps_compare_in_the_finer_of_the_two_units(string text, bool expected) => Assert.Equal(expected, IsTrue(text));

    [Theory]
    [InlineData("", "at position 1: the expression is empty")]
    [InlineData("event_typ == 'a'", "at position 1: Field 'event_typ': record E has no field 'event_typ'. Did you mean 'event_type'?")]
    [InlineData("n == 'a'", "at position 3: long and string can't be compared")]
    [InlineData("event_type == 'a' && n < 'b'", "at position 24: long and string can't be compared")]
    [InlineData("event_type in ['a', 1]", "at position 21: string and long can't be compared")]
    [InlineData("raw == 'a'", "at position 5: bytes and string can't be compared")]
    [InlineData("event_type", "at position 1: a filter is boolean, this is string")]
    [InlineData("n && true", "at position 3: '&&' joins booleans, not long")]
    [InlineData("!n", "at position 1: '!' does not work on long")]
    [InlineData("event_type + 'a' == 'b'", "at position 12: '+' works on numbers, not on string and string")]
    [InlineData("x % 2 == 0", "at position 3: '%' works on whole numbers")]
    [InlineData("session_id < null", "at position 12: null has no order; compare it by == or !=")]
    [InlineData("null", "at position 1: null stands only beside == and !=")]
    [InlineData("event_type = 'a'", "at position 12: '=' is not an operator; write '=='")]
    [InlineData("event_type == 'a' & flag", "at position 19: '&' is not an operator; write '&&'")]
    [InlineData("event_type == 'a", "at position 15: the string is not closed")]
    [InlineData("event_type == 'a' 'b'", "at position 19: an operator or the end is expected, not a string")]
    [InlineData("(event_type == 'a'", "at position 19: ')' is expected, not the end")]
    [InlineData("event_type ==", "at position 14: a field, a literal or '(' is expected, not the end")]
    [InlineData("n == 9223372036854775808", "at position 6: the number does not fit 64 bits")]
    [InlineData("n == -1e400", "at position 7: the number is too large for a double")]
    [InlineData("startWith(event_type, 'a')", "at position 1: unknown function 'startWith'; did you mean 'startsWith'?")]
    [InlineData("startsWith(event_type, 'a')", "at position 1: wrong use;")]
    [InlineData("size(n) == 1", "at position 1: size() works on strings, not on long")]
    [InlineData("timestamp > timestamp('yesterday')", "at position 23: not a timestamp")]
    [InlineData("page == 'a'", "at position 1: Field 'page' is of type P; only scalar fields can be projected.")]
    [InlineData("event_type == '\\q'", "at position 16: not an escape sequence")]
    [InlineData("n ? 1 : 2", "at position 3: '?' is not part of the language")]
    public void An_error_says_where_and_what(string text, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<ExpressionException>(() => ExpressionCompiler.CompileFilter(text, Fields())).Message, StringComparison.Ordinal);

    [Fact]
    public void Nesting_is_limited_so_that_no_expression_ends_the_process() =>
        Assert.Contains("nested too deeply", Assert.Throws<ExpressionException>(() => ExpressionCompiler.Compile(new string('(', 100_000), Fields())).Message, StringComparison.Ordinal);

    [Fact]
    public void Strings_are_ordered_by_code_point_and_not_by_utf16_unit() =>
        Assert.True(IsTrue("'\\uFFFD' < '\\U0001F600'"));

    [Fact]
    public void Evaluation_does_not_allocate()
    {
        FieldTable fields = Fields();
        BooleanExpression filter = ExpressionCompiler.CompileFilter(
            "event_type in ['a', 'purchase'] && (x * 2 >= 5 || n == 1.5) && size(page.url) < 100 && !has(session_id) && at > timestamp('2026-01-01T00:00:00Z')", fields);
        Assert.Equal(0, Allocations.Least(Evaluate));

        long Evaluate()
        {
            EventRow row = Row(fields); // outside of what is measured
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool isTrue = filter.IsTrue(row);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(isTrue);
            return allocated;
        }
    }
}
