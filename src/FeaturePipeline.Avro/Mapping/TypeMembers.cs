using System.Reflection;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>A property or field that Avro sees.</summary>
internal sealed record TypeMember(MemberInfo Info, Type Type, string? GivenName, bool CanWrite, bool IsRequired, bool IsNullable, NullabilityInfo Nullability)
{
    internal string Name => GivenName ?? Info.Name;
}

/// <summary>The members of a C# type, and how names of schemas meet names of C#: exactly, else without regard to case and underscores.</summary>
internal sealed class TypeMembers
{
    private readonly List<TypeMember> _members = [];

    private TypeMembers(Type type)
    {
        Type = type;
        var nullability = new NullabilityInfoContext();
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length == 0 && property.CanRead && !Skip(property))
            {
                NullabilityInfo info = nullability.Create(property);
                bool nullable = IsNullable(property.PropertyType, info.ReadState);
                _members.Add(new TypeMember(property, property.PropertyType, GivenName(property), property.CanWrite, IsRequired(property), nullable, info));
            }
        }

        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            if (!Skip(field))
            {
                NullabilityInfo info = nullability.Create(field);
                bool nullable = IsNullable(field.FieldType, info.ReadState);
                _members.Add(new TypeMember(field, field.FieldType, GivenName(field), !field.IsInitOnly, IsRequired(field), nullable, info));
            }
        }
    }

    internal Type Type { get; }

    internal IReadOnlyList<TypeMember> All => _members;

    internal static TypeMembers Of(Type type) => new(type);

    /// <summary>The member for a field's name, or null.</summary>
    internal TypeMember? Find(string name) =>
        _members.Find(member => string.Equals(member.Name, name, StringComparison.Ordinal))
        ?? _members.Find(member => member.GivenName is null && SameName(member.Name, name));

    /// <summary>The constructor to call: one without parameters, else the one with the most parameters, each of which is a member.</summary>
    internal ConstructorInfo? Constructor()
    {
        ConstructorInfo[] constructors = Type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance);
        return constructors.FirstOrDefault(constructor => constructor.GetParameters().Length == 0)
            ?? constructors.Where(constructor => constructor.GetParameters().All(parameter => OfParameter(parameter) is not null))
                .MaxBy(constructor => constructor.GetParameters().Length);
    }

    /// <summary>The member that a constructor's parameter sets: the one of its C# name and type, or null.</summary>
    internal TypeMember? OfParameter(ParameterInfo parameter) => _members.Find(
        member => string.Equals(member.Info.Name, parameter.Name, StringComparison.OrdinalIgnoreCase) && member.Type == parameter.ParameterType);

    internal static bool SameName(string left, string right) =>
        string.Equals(left.Replace("_", "", StringComparison.Ordinal), right.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    /// <summary>The derived type that a record of the union is, or null.</summary>
    internal static Type? DerivedFor(Type type, RecordSchema record) =>
        Union(type).FirstOrDefault(derived => string.Equals(AvroName(derived), record.Name.FullName, StringComparison.Ordinal))
        ?? Union(type).FirstOrDefault(derived => SameName(derived.Name, record.Name.Name));

    /// <summary>Whether a class or enum has the schema's name: 2 with the namespace, 1 without, 0 it has not.</summary>
    internal static int NameFits(Type type, NamedSchema schema) => !IsRecord(type) && !type.IsEnum ? 0
        : string.Equals(AvroName(type), schema.Name.FullName, StringComparison.Ordinal) ? 2
        : SameName(SimpleName(type), schema.Name.Name) ? 1 : 0;

    /// <summary>Whether values of the type are records.</summary>
    internal static bool IsRecord(Type type) =>
        !type.IsAbstract && !type.IsPrimitive && !type.IsEnum && !type.IsArray && type != typeof(string) && type != typeof(object) && type != typeof(decimal)
        && Nullable.GetUnderlyingType(type) is null && Union(type).Count == 0 && !type.IsAssignableTo(typeof(System.Collections.IEnumerable));

    /// <summary>The types of a closed hierarchy: as the attribute says, else the classes that are nested in their base.</summary>
    internal static IReadOnlyList<Type> Union(Type type) =>
        type.GetCustomAttribute<AvroUnionAttribute>()?.Types
        ?? (type.IsAbstract || type.IsInterface ? type.GetNestedTypes().Where(nested => !nested.IsAbstract && nested.IsAssignableTo(type)).ToArray() : []);

    internal static string AvroName(Type type) =>
        type.GetCustomAttribute<AvroNameAttribute>()?.Name ?? (type.Namespace is null ? SimpleName(type) : type.Namespace + "." + SimpleName(type));

    // Page<Order> is Page_Order.
    private static string SimpleName(Type type) => type.IsGenericType
        ? string.Join('_', type.GetGenericArguments().Select(SimpleName).Prepend(type.Name.Split('`')[0]))
        : type.Name;

    private static bool Skip(MemberInfo member) =>
        member.IsDefined(typeof(AvroIgnoreAttribute)) || member.Name == "EqualityContract" || typeof(global::Avro.Schema).IsAssignableFrom((member as PropertyInfo)?.PropertyType);

    private static string? GivenName(MemberInfo member) => member.GetCustomAttribute<AvroNameAttribute>()?.Name;

    private static bool IsRequired(MemberInfo member) => member.IsDefined(typeof(RequiredMemberAttribute));

    private static bool IsNullable(Type type, NullabilityState state) =>
        type.IsValueType ? Nullable.GetUnderlyingType(type) is not null : state == NullabilityState.Nullable;
}
