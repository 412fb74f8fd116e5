using System.Collections;
using Avro.Generic;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>Equality of values as Apache holds them: the same types with the same content, all the way down.</summary>
internal static class ApacheValues
{
    /// <summary>Where two values differ, or null.</summary>
    public static string? Difference(object? expected, object? actual, string path = "")
    {
        if (expected is null || actual is null)
        {
            return expected is null && actual is null ? null : $"{path}: {Text(expected)} against {Text(actual)}";
        }

        if (expected.GetType() != actual.GetType())
        {
            return $"{path}: {expected.GetType()} against {actual.GetType()}";
        }

        return (expected, actual) switch
        {
            (GenericRecord one, GenericRecord other) when !one.Schema.Equals(other.Schema) => $"{path}: schema {one.Schema} against {other.Schema}",
            (GenericRecord one, GenericRecord other) => one.Schema.Fields.Select(field => Difference(one.GetValue(field.Pos), other.GetValue(field.Pos), $"{path}.{field.Name}")).FirstOrDefault(static d => d is not null),
            (GenericFixed one, GenericFixed other) => one.Value.AsSpan().SequenceEqual(other.Value) && one.Schema.Equals(other.Schema) ? null : $"{path}: fixed",
            (GenericEnum one, GenericEnum other) => one.Value == other.Value && one.Schema.Equals(other.Schema) ? null : $"{path}: {one.Value} against {other.Value}",
            (IDictionary one, IDictionary other) => one.Count != other.Count
                ? $"{path}: {one.Count} against {other.Count} entries"
                : one.Keys.Cast<object>().Select(key => Difference(one[key], other[key], $"{path}[{key}]")).FirstOrDefault(static d => d is not null),
            (byte[] one, byte[] other) => one.AsSpan().SequenceEqual(other) ? null : $"{path}: bytes",
            (IList one, IList other) => one.Count != other.Count
                ? $"{path}: {one.Count} against {other.Count} items"
                : Enumerable.Range(0, one.Count).Select(i => Difference(one[i], other[i], $"{path}[{i}]")).FirstOrDefault(static d => d is not null),
            (DateTime one, DateTime other) => one == other && one.Kind == other.Kind ? null : $"{path}: {one:O} against {other:O}",
            _ => expected.Equals(actual) ? null : $"{path}: {Text(expected)} against {Text(actual)}",
        };
    }

    private static string Text(object? value) => value is null ? "null" : FormattableString.Invariant($"{value} ({value.GetType().Name})");
}
