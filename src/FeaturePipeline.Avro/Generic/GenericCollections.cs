using System.Collections;

namespace FeaturePipeline.Avro.Generic;

/// <summary>What may be given for an array or a map: readers make lists and dictionaries of objects, callers have them of anything.</summary>
internal static class GenericCollections
{
    internal static bool IsArray(object? value) => value is IEnumerable and not (string or byte[]) && !IsMap(value);

    internal static bool IsMap(object? value) => value is IReadOnlyDictionary<string, object?> or IDictionary;

    /// <summary>An array's items, or null where the value is none.</summary>
    internal static IReadOnlyCollection<object?>? Items(object? value) =>
        !IsArray(value) ? null : value as IReadOnlyCollection<object?> ?? ((IEnumerable)value!).Cast<object?>().ToList();

    /// <summary>A map's entries, or null where the value is none or has keys that are no text.</summary>
    internal static IReadOnlyCollection<KeyValuePair<string, object?>>? Entries(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => map,
        IDictionary map when map.Keys.Cast<object>().All(key => key is string) =>
            map.Keys.Cast<string>().Select(key => KeyValuePair.Create(key, map[key])).ToList(),
        _ => null,
    };
}
