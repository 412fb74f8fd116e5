using System.Reflection;
using System.Runtime.CompilerServices;
using FeaturePipeline.Avro.Generic;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>A property or field that Avro sees.</summary>
internal sealed record TypeMember(MemberInfo Info, Type Type, string? GivenName, bool CanWrite, bool IsRequired, bool IsNullable, NullabilityInfo Nullability)
{
    internal string Name => GivenName ?? Info.Name;
}

/// <summary>
/// The members of a C# type, and how names of schemas meet names of C#: exactly, else without regard to case and underscores.
/// </summary>
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
                PropertyInfo declared = Declared(property);
                Add(new TypeMember(declared, property.PropertyType, GivenName(property), declared.CanWrite, IsRequired(property), nullable, info));
            }
        }

        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            if (!Skip(field))
            {
                NullabilityInfo info = nullability.Create(field);
                bool nullable = IsNullable(field.FieldType, info.ReadState);
                Add(new TypeMember(field, field.FieldType, GivenName(field), !field.IsInitOnly, IsRequired(field), nullable, info));
            }
        }
    }

    internal Type Type { get; }

    internal IReadOnlyList<TypeMember> All => _members;

    /// <summary>The members that an object holds: all but the properties that it works out from others.</summary>
    internal IReadOnlyList<TypeMember> Stored => _members.FindAll(member => !IsComputed(member));

    /// <summary>Whether objects hold something of which there is no member, not even one that is ignored.</summary>
    internal bool ShowNothing => Stored.Count == 0
        && !Type.GetMembers(BindingFlags.Public | BindingFlags.Instance).Any(static member => member.IsDefined(typeof(AvroIgnoreAttribute)))
        && HasFields(Type);

    internal static TypeMembers Of(Type type) => new(type);

    /// <summary>
    /// The member for each field of a record, or null. One of the field's own name comes first, so that a field that is only alike takes
    /// nobody's place; then one that is alike, then one of an alias. No member is for two fields.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="among">The members to choose from.</param>
    internal static TypeMember?[] Match(RecordSchema record, IReadOnlyList<TypeMember> among)
    {
        var found = new TypeMember?[record.Fields.Count];
        var taken = new HashSet<TypeMember>(ReferenceEqualityComparer.Instance);
        foreach (Func<RecordField, TypeMember?> way in new Func<RecordField, TypeMember?>[] { field => Exactly(field.Name), field => Alike(field.Name), OfAlias })
        {
            foreach (RecordField field in record.Fields)
            {
                if (found[field.Position] is null && way(field) is { } member && taken.Add(member))
                {
                    found[field.Position] = member;
                }
            }
        }

        return found;

        TypeMember? Exactly(string name) => among.FirstOrDefault(member => string.Equals(member.Name, name, StringComparison.Ordinal));

        TypeMember? Alike(string name) => among.FirstOrDefault(member => member.GivenName is null && SameName(member.Name, name));

        TypeMember? OfAlias(RecordField field) => field.Aliases.Select(alias => Exactly(alias) ?? Alike(alias)).FirstOrDefault(member => member is not null);
    }

    /// <summary>
    /// The constructor to call, of those whose parameters are all members: one that can be called with what is given; then the one that
    /// sets the most that nothing else sets; then one without parameters; then the one with the most.
    /// </summary>
    /// <param name="given">The members that the message, or a default of the reader's schema, gives.</param>
    internal ConstructorInfo? Constructor(IReadOnlyCollection<TypeMember> given)
    {
        return Constructors()
            .Where(constructor => constructor.GetParameters().All(parameter => OfParameter(parameter) is not null))
            .MaxBy(Preference);

        (bool, int, bool, int) Preference(ConstructorInfo constructor)
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            TypeMember[] set = Array.ConvertAll(parameters, parameter => OfParameter(parameter)!);
            bool canBeCalled = parameters.Zip(set).All(pair => pair.First.HasDefaultValue || pair.Second.IsNullable || given.Contains(pair.Second));
            return (canBeCalled, set.Count(member => !member.CanWrite && given.Contains(member)), set.Length == 0, set.Length);
        }
    }

    /// <summary>Whether an object that the constructor makes can be given the member's value.</summary>
    internal bool CanSet(TypeMember member, ConstructorInfo? constructor) => member.CanWrite
        || constructor?.GetParameters().Any(parameter => OfParameter(parameter) == member) == true
        || CollectionTypes.Filled(member) is not null;

    /// <summary>Why a member of which <see cref="CanSet"/> is false cannot be part of a schema, and the remedy.</summary>
    internal static string NotSet(TypeMember member) =>
        $"its member {member.Info.Name}, a {member.Type}, is not set by its constructor and has no setter. "
        + "Give it a setter (which may be private) or the constructor a parameter of its name and type, or leave it out by [AvroIgnore].";

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

    /// <summary>How many classes a type derives from.</summary>
    internal static int Bases(Type type) => type.BaseType is { } own ? 1 + Bases(own) : 0;

    /// <summary>Whether values of the type are records.</summary>
    internal static bool IsRecord(Type type) => !type.IsAbstract && !type.IsEnum && !type.IsArray && type != typeof(GenericRecord)
        && (!IsOfFramework(type) || IsTuple(type))
        && !HasMembersOfFramework(type.BaseType)
        && Union(type).Count == 0 && !type.IsAssignableTo(typeof(System.Collections.IEnumerable));

    /// <summary>Whether there may be values of the type that were read from Avro.</summary>
    internal static bool CanBeMade(Type type) => Nullable.GetUnderlyingType(type) is { } underlying ? CanBeMade(underlying)
        : IsRecord(type) ? type.IsValueType || Of(type).Constructor([]) is not null
        : !IsOfFramework(type) || type.IsEnum
            || type.IsAssignableTo(typeof(System.Collections.IEnumerable)) || MappedSchemaBuilder.IsScalar(type);

    // What such types hold is not what their public members show. One that was named for Avro is nobody's but its author's.
    private static bool IsOfFramework(Type type) =>
        IsOfFramework(type.Namespace) && IsOfFramework(type.Assembly.GetName().Name) && !type.IsDefined(typeof(AvroNameAttribute));

    private static bool IsOfFramework(string? name) => name?.Split('.')[0] is "System" or "Microsoft" or "mscorlib" or "netstandard";

    // Delegates, exceptions, streams: the part that the framework made cannot be given back.
    private static bool HasMembersOfFramework(Type? type) => type is not null
        && ((IsOfFramework(type) && type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Length > 0)
            || HasMembersOfFramework(type.BaseType));

    private static bool IsTuple(Type type) => type.IsAssignableTo(typeof(ITuple))
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    /// <summary>
    /// The types of a closed hierarchy: as the attribute says, else the classes that are nested in their base; for a base within the
    /// hierarchy, its own.
    /// </summary>
    /// <exception cref="ArgumentException">The attribute names a type that does not derive from the base.</exception>
    internal static IReadOnlyList<Type> Union(Type type)
    {
        IReadOnlyList<Type> derived = type.GetCustomAttribute<AvroUnionAttribute>(inherit: false)?.Types
            ?? (type.IsAbstract || type.IsInterface ? Nested(type).Where(nested => nested.IsAssignableTo(type)).ToArray() : []);
        return derived.FirstOrDefault(one => one == type || !one.IsAssignableTo(type)) is { } other
            ? throw new ArgumentException($"{other} is no type of the union {type}, because it does not derive from it.")
            : derived.SelectMany(one => Union(one) is { Count: > 0 } own ? own : [one]).ToArray();
    }

    internal static string AvroName(Type type) =>
        type.GetCustomAttribute<AvroNameAttribute>()?.Name ?? (type.Namespace is null ? SimpleName(type) : type.Namespace + "." + SimpleName(type));

    // A class that is nested in a generic one has its type parameters, too.
    private static IEnumerable<Type> Nested(Type type) => type.GetNestedTypes().Select(nested =>
        nested.IsGenericTypeDefinition && type.IsConstructedGenericType && nested.GetGenericArguments().Length == type.GetGenericArguments().Length
            ? nested.MakeGenericType(type.GetGenericArguments())
            : nested);

    // Page<Order> is Page_Order, and Page<Order[]> is Page_OrderArray.
    private static string SimpleName(Type type) => type.IsGenericType
        ? string.Join('_', type.GetGenericArguments().Select(SimpleName).Prepend(type.Name.Split('`')[0]))
        : type.IsArray ? SimpleName(type.GetElementType()!) + "Array" : type.Name;

    // A member that hides one of its base has its name alone; the most derived comes first.
    private void Add(TypeMember member)
    {
        if (!_members.Exists(other => other.Info.Name == member.Info.Name))
        {
            _members.Add(member);
        }
    }

    private static bool HasFields(Type? type) => type is not null
        && (type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).Length > 0 || HasFields(type.BaseType));

    private bool IsComputed(TypeMember member) => !member.CanWrite
        && member.Info is PropertyInfo { GetMethod: { } getter } && !getter.IsDefined(typeof(CompilerGeneratedAttribute)) && !ShowsField(getter)
        && !Constructors().Any(constructor => constructor.GetParameters().Any(parameter => OfParameter(parameter) == member));

    // Whether a getter is no more than "=> _field" or "{ return _field; }", as compilers write them (ECMA-335 III, with and without
    // optimization): what it shows is held, though nothing can set it.
    private static bool ShowsField(MethodInfo getter)
    {
        ReadOnlySpan<byte> code = getter.GetMethodBody()?.GetILAsByteArray() ?? [];
        code = code is [0x00, ..] ? code[1..] : code; // nop
        return code is [0x02, 0x7B, _, _, _, _, .. var rest] && rest is [0x2A] or [0x0A, 0x2B, 0x00, 0x06, 0x2A]; // ldarg.0, ldfld; ret, or through a local
    }

    private ConstructorInfo[] Constructors() => Type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance);

    // A derived type's reflection does not show its base's private accessors.
    private static PropertyInfo Declared(PropertyInfo property) => property.CanWrite || property.DeclaringType == property.ReflectedType
        ? property
        : property.DeclaringType!.GetProperty(
            property.Name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly, null, property.PropertyType, [], null)!;

    private static bool Skip(MemberInfo member) =>
        member.IsDefined(typeof(AvroIgnoreAttribute)) || member.Name == "EqualityContract" || typeof(global::Avro.Schema).IsAssignableFrom((member as PropertyInfo)?.PropertyType);

    private static string? GivenName(MemberInfo member) => member.GetCustomAttribute<AvroNameAttribute>()?.Name;

    private static bool IsRequired(MemberInfo member) => member.IsDefined(typeof(RequiredMemberAttribute));

    private static bool IsNullable(Type type, NullabilityState state) =>
        type.IsValueType ? Nullable.GetUnderlyingType(type) is not null : state == NullabilityState.Nullable;
}
