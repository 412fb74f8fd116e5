using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Expressions;
using FeaturePipeline.Tests.Repository;

namespace FeaturePipeline.Tests.Features.Aggregators;

/// <summary>tests/vectors/windows/functions.jsonl: results by exact arithmetic, for every function and type that exists here.</summary>
public sealed class FunctionVectorTests
{
    // Not functions but what belongs to sum.
    private static readonly string[] Annotations = ["sum_overflow", "sum_exact"];

    private static readonly JsonElement[] Cases =
        [.. File.ReadLines(Path.Combine(RepositoryFiles.Root, "tests", "vectors", "windows", "functions.jsonl"))
            .Where(line => line.Length > 0)
            .Select(line => JsonDocument.Parse(line).RootElement)];

    // All pairs of function and type that the file has.
    private static readonly (string Function, string Type)[] Pairs =
        [.. Cases
            .SelectMany(c => c.GetProperty("expected").EnumerateObject().Select(e => (e.Name, c.GetProperty("type").GetString()!)))
            .Where(p => !Annotations.Contains(p.Name, StringComparer.Ordinal))
            .Distinct()
            .Order()];

    public static TheoryData<string, string> FunctionsAndTypes() => [.. Pairs.Where(IsBuilt)];

    private static bool IsBuilt((string Function, string Type) pair) =>
        !AggregateFunction.NotBuilt.Contains(pair.Function, StringComparer.Ordinal) && pair.Type != "decimal";

    [Fact]
    public void Functions_and_types_of_later_versions_are_skipped()
    {
        string[] skipped = [.. Pairs.Where(p => !IsBuilt(p)).Select(p => $"{p.Function} of {p.Type}")];
        Assert.SkipWhen(skipped.Length > 0, $"Not in this version: {string.Join(", ", skipped)}.");
    }

    [Theory]
    [MemberData(nameof(FunctionsAndTypes))]
    public void A_function_gives_the_exact_result_however_its_events_are_ordered_and_split(string function, string type)
    {
        foreach (JsonElement test in Cases.Where(c => c.GetProperty("type").GetString() == type))
        {
            var run = new Run(function, type, test);
            JsonElement[] rows = [.. test.GetProperty("rows").EnumerateArray()];
            run.Check("in order", [rows]);
            run.Check("reversed", [[.. rows.Reverse()]]);
            foreach (JsonElement split in test.GetProperty("splits").EnumerateArray())
            {
                int[] cuts = [0, .. split.EnumerateArray().Select(c => c.GetInt32()), rows.Length];
                JsonElement[][] parts = [.. cuts.Zip(cuts.Skip(1), (from, to) => rows[from..to])];
                run.Check($"split at {split}", parts);
                run.Check($"split at {split}, merged backwards", [.. parts.Reverse()]);
            }
        }
    }

    private sealed class Run
    {
        private readonly Aggregator _aggregator;
        private readonly string _function;
        private readonly string _type;
        private readonly JsonElement _test;
        private readonly JsonElement _expected;
        private readonly double _tolerance;
        private readonly int _size;
        private readonly int _slots;

        public Run(string function, string type, JsonElement test)
        {
            Expression of = type switch
            {
                "long" => new LongField(0, null),
                "double" => new DoubleField(0),
                _ => new TextField(0, FieldKind.String, null),
            };
            _aggregator = AggregateFunction.ByName[function].Create!(of);
            _aggregator.Place(ref _size, ref _slots);
            (_function, _type, _test, _expected) = (function, type, test, test.GetProperty("expected").GetProperty(function));
            _tolerance = test.GetProperty("abs_tol").TryGetProperty(function, out JsonElement tolerance) ? tolerance.GetDouble() : 0;
        }

        public void Check(string how, JsonElement[][] parts)
        {
            WindowState whole = Copy(Fold(parts[0]));
            foreach (JsonElement[] part in parts.Skip(1))
            {
                _aggregator.Merge(whole, Copy(Fold(part)));
            }

            var data = new ResultData();
            FieldValue result = _aggregator.Result(whole, data);
            string where = $"{_function} of case {_test.GetProperty("id")} ({_test.GetProperty("description")}), {how}";
            Compare(result, data, where);
        }

        private void Compare(FieldValue result, ResultData data, string where)
        {
            if (_expected.ValueKind == JsonValueKind.Null)
            {
                Assert.True(result.IsNull, where);
                bool isOverflow = _function == "sum" && _test.GetProperty("expected").TryGetProperty("sum_overflow", out JsonElement o) && o.GetBoolean();
                Assert.True(data.Overflows == (isOverflow ? 1 : 0), where);
                return;
            }

            Assert.False(result.IsNull, where);
            switch (_aggregator.ResultKind)
            {
                case FieldKind.Long:
                    Assert.True(_expected.GetInt64() == result.AsLong, $"{where}: {result.AsLong}, not {_expected}");
                    break;
                case FieldKind.Double:
                    double expected = ToDouble(_expected);
                    bool same = expected.Equals(result.AsDouble) || expected == result.AsDouble || Math.Abs(expected - result.AsDouble) <= _tolerance;
                    Assert.True(same, string.Create(CultureInfo.InvariantCulture, $"{where}: {result.AsDouble:R}, not {expected:R}"));
                    break;
                default:
                    Assert.True(_expected.GetString() == Encoding.UTF8.GetString(result.AsBytes(data.Bytes, default)), where);
                    break;
            }
        }

        private WindowState Fold(JsonElement[] rows)
        {
            var state = new WindowState(_size, _slots);
            foreach (JsonElement row in rows)
            {
                JsonElement value = row[3];
                object? plain = value.ValueKind == JsonValueKind.Null ? null : _type switch
                {
                    "long" => value.GetInt64(),
                    "double" => ToDouble(value),
                    _ => value.GetString(),
                };
                _aggregator.Add(state, TestRows.Row(row[0].GetInt64(), row[1].GetInt32(), row[2].GetInt64(), plain));
            }

            return state;
        }

        // Through its bytes, as a changelog would.
        private WindowState Copy(WindowState state)
        {
            var bytes = new ArrayBufferWriter<byte>();
            var writer = new StateWriter(bytes);
            _aggregator.Write(state, ref writer);
            writer.Finish();
            var copy = new WindowState(_size, _slots);
            var reader = new StateReader(bytes.WrittenSpan);
            _aggregator.Read(copy, ref reader);
            Assert.True(reader.IsAtEnd);
            return copy;
        }

        private static double ToDouble(JsonElement value) =>
            value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();
    }
}
