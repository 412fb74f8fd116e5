using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// The C# types that arrays and maps are read into: what a List or Dictionary is, and what the framework makes of one. Those that would
/// turn the order around (Stack) are not among them.
/// </summary>
internal static class CollectionTypes
{
    // Types with a constructor that takes the list or dictionary.
    private static readonly HashSet<Type> Constructed =
    [
        typeof(HashSet<>), typeof(SortedSet<>), typeof(Queue<>), typeof(LinkedList<>), typeof(Collection<>), typeof(ObservableCollection<>),
        typeof(ReadOnlyCollection<>), typeof(SortedDictionary<,>), typeof(SortedList<,>), typeof(ConcurrentDictionary<,>), typeof(ReadOnlyDictionary<,>),
    ];

    // Types with a class of functions, of which CreateRange takes the list or dictionary.
    private static readonly Dictionary<Type, Type> Created = new()
    {
        [typeof(ImmutableArray<>)] = typeof(ImmutableArray),
        [typeof(ImmutableList<>)] = typeof(ImmutableList),
        [typeof(ImmutableHashSet<>)] = typeof(ImmutableHashSet),
        [typeof(ImmutableDictionary<,>)] = typeof(ImmutableDictionary),
        [typeof(ImmutableSortedDictionary<,>)] = typeof(ImmutableSortedDictionary),
    };

    /// <summary>What a collection type holds, or null where it cannot be made from a list, an array or a dictionary.</summary>
    internal static Type? ItemType(Type type, bool isMap)
    {
        if (type.IsArray)
        {
            return isMap || type.GetArrayRank() != 1 ? null : type.GetElementType();
        }

        Type[] arguments = type.IsGenericType ? type.GetGenericArguments() : [];
        Type? item = isMap
            ? arguments is [var key, var value] && key == typeof(string) ? value : null
            : arguments is [var only] ? only : null;
        return item is not null && (type.IsAssignableFrom(Made(item, isMap)) || Built(type) is { } built && (Constructed.Contains(built) || Created.ContainsKey(built))) ? item : null;
    }

    /// <summary>The collection, from the list or dictionary that was read.</summary>
    internal static Expression From(Expression made, Type type)
    {
        if (type.IsAssignableFrom(made.Type))
        {
            return Expression.Convert(made, type);
        }

        Type built = Built(type)!;
        if (Created.TryGetValue(built, out Type? functions))
        {
            return Expression.Call(functions, nameof(ImmutableArray.CreateRange), type.GetGenericArguments(), made);
        }

        Type whole = built.MakeGenericType(type.GetGenericArguments());
        return Expression.Convert(Expression.New(Array.Find(whole.GetConstructors(), constructor => constructor.GetParameters() is [var only] && only.ParameterType.IsAssignableFrom(made.Type))!, made), type);
    }

    /// <summary>The ICollection that a member without a setter is, where its object holds it rather than works it out; or null.</summary>
    internal static Type? Filled(TypeMember member) =>
        member.Type.IsValueType || IsReadOnly(member.Type)
            || (member.Info is PropertyInfo { GetMethod: { } get } && !get.IsDefined(typeof(CompilerGeneratedAttribute)))
            ? null
            : member.Type.GetInterfaces().Append(member.Type).FirstOrDefault(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ICollection<>));

    private static bool IsReadOnly(Type type) => type.IsArray
        || (Built(type) is { } built && (Created.ContainsKey(built)
            || built == typeof(ReadOnlyCollection<>) || built == typeof(ReadOnlyDictionary<,>)));

    private static Type Made(Type item, bool isMap) =>
        isMap ? typeof(Dictionary<,>).MakeGenericType(typeof(string), item) : typeof(List<>).MakeGenericType(item);

    private static Type? Built(Type type)
    {
        Type? generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        return generic == typeof(ISet<>) || generic == typeof(IReadOnlySet<>) ? typeof(HashSet<>) : generic;
    }
}
