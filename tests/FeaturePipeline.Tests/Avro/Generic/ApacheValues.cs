using System.Collections;
using Apache = global::Avro;

namespace FeaturePipeline.Tests.Avro.Generic;

/// <summary>Apache's own reader and writer, and what it is for two of its values to be the same.</summary>
internal static class ApacheValues
{
    internal static object? Read(Apache.Schema writer, Apache.Schema reader, byte[] body)
    {
        using var input = new MemoryStream(body);
        object? value = new Apache.Generic.GenericReader<object>(writer, reader).Read(null!, new Apache.IO.BinaryDecoder(input));
        Assert.Equal(body.Length, input.Position);
        return value;
    }

    internal static byte[] Write(Apache.Schema schema, object? value)
    {
        using var output = new MemoryStream();
        new Apache.Generic.GenericWriter<object>(schema).Write(value!, new Apache.IO.BinaryEncoder(output));
        return output.ToArray();
    }

    /// <summary>The same types all the way down, and the same values, to a number's bits and a time's kind.</summary>
    internal static void AssertSame(object? expected, object? actual, string at = "")
    {
        Assert.True(expected?.GetType() == actual?.GetType(), $"{at}: {expected?.GetType()} is {actual?.GetType()}");
        switch (expected)
        {
            case Apache.Generic.GenericRecord record:
                var other = (Apache.Generic.GenericRecord)actual!;
                Assert.True(record.Schema.Equals(other.Schema), $"{at}: {record.Schema} is {other.Schema}");
                Assert.Equal(record.Schema.ToString(), other.Schema.ToString());
                foreach (Apache.Field field in record.Schema)
                {
                    AssertSame(record.GetValue(field.Pos), other.GetValue(field.Pos), $"{at}.{field.Name}");
                }

                break;
            case Apache.Generic.GenericEnum symbol:
                Assert.Equal((symbol.Schema.ToString(), symbol.Value), (((Apache.Generic.GenericEnum)actual!).Schema.ToString(), ((Apache.Generic.GenericEnum)actual).Value));
                break;
            case Apache.Generic.GenericFixed bytes:
                Assert.Equal(bytes.Schema.ToString(), ((Apache.Generic.GenericFixed)actual!).Schema.ToString());
                Assert.Equal(bytes.Value, ((Apache.Generic.GenericFixed)actual).Value);
                break;
            case IDictionary map:
                Assert.Equal(map.Count, ((IDictionary)actual!).Count);
                foreach (object key in map.Keys)
                {
                    AssertSame(map[key], ((IDictionary)actual)[key], $"{at}['{key}']");
                }

                break;
            case object?[] items:
                Assert.Equal(items.Length, ((object?[])actual!).Length);
                for (int i = 0; i < items.Length; i++)
                {
                    AssertSame(items[i], ((object?[])actual)[i], $"{at}[{i}]");
                }

                break;
            case DateTime time:
                Assert.Equal((time, time.Kind), ((DateTime)actual!, ((DateTime)actual).Kind));
                break;
            case float single:
                Assert.Equal(BitConverter.SingleToInt32Bits(single), BitConverter.SingleToInt32Bits((float)actual!));
                break;
            case double full:
                Assert.Equal(BitConverter.DoubleToInt64Bits(full), BitConverter.DoubleToInt64Bits((double)actual!));
                break;
            case Apache.AvroDecimal number:
                Assert.Equal((number.UnscaledValue, number.Scale), (((Apache.AvroDecimal)actual!).UnscaledValue, ((Apache.AvroDecimal)actual).Scale));
                break;
            default:
                Assert.Equal(expected, actual);
                break;
        }
    }
}
