using System.Linq.Expressions;
using System.Numerics;
using System.Reflection;
using System.Text;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>
/// Compiles the reading of one record into one C# type: into an object made first, or where its constructor takes values, into variables and the
/// constructor and the members at the end.
/// </summary>
internal sealed class RecordReaderCompiler(ReaderCompiler compiler, RecordNode node, Type type, string path)
{
    private static readonly HashSet<Type> Immutable =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly),
        typeof(TimeSpan), typeof(Half), typeof(Int128), typeof(UInt128), typeof(BigInteger), typeof(Uri), typeof(Version), typeof(Rune),
    ];

    private readonly TypeMembers _members = TypeMembers.Of(type);
    private TypeMember?[] _matched = [];
    private readonly Dictionary<TypeMember, ParameterExpression> _variables = [];
    private readonly HashSet<TypeMember> _given = [];

    internal Expression Body(ParameterExpression reader)
    {
        LabelTarget end = Expression.Label(type);
        _matched = TypeMembers.Match((RecordSchema)node.Reader, _members.Stored);
        CheckGenerated();
        ConstructorInfo? constructor = Constructor();
        ParameterExpression made = Expression.Variable(type, "made");
        bool isMadeFirst = !type.IsValueType && constructor!.GetParameters().Length == 0;
        var statements = new List<Expression> { Unless(Expression.Call(reader, nameof(AvroReader.TryEnter), null, Expression.Constant(node.Steps.Length))) };
        if (isMadeFirst)
        {
            statements.Add(Expression.Assign(made, Expression.New(constructor!)));
        }

        foreach (RecordStep step in node.Steps)
        {
            TypeMember? member = step.Target < 0 ? null : _matched[step.Target];
            Expression read = member is null ? Skip(step, reader) : compiler.Read(step.Node!, member.Type, reader, Variable(member), Join(step.Field.Name));
            statements.Add(Unless(read, ReaderCompiler.FailIn(reader, step.Field.Name)));
            Set(member);
        }

        for (int i = 0; i < node.Defaults.Length; i++)
        {
            if (_matched[node.Defaults[i].Position] is { } member)
            {
                statements.Add(Expression.Assign(Variable(member), Default(i, member)));
                Set(member);
            }
        }

        foreach (TypeMember member in _members.Stored.Where(member => member.Info.IsDefined(typeof(AvroDefaultAttribute)) && !_variables.ContainsKey(member)))
        {
            statements.Add(Expression.Assign(Variable(member), OwnDefault(member)));
            Set(member);
        }

        statements.Add(Expression.Call(reader, nameof(AvroReader.Leave), null));
        if (!isMadeFirst)
        {
            statements.Add(Expression.Assign(made, Create(constructor)));
        }

        CheckSet();
        statements.AddRange(Fill(made, reader).Select(pair => Unless(pair.Fill, ReaderCompiler.FailIn(reader, pair.Name))));
        CheckRequired();
        statements.Add(Expression.Label(end, made));
        return Expression.Block(_variables.Values.Append(made), statements);

        // An object that is made without arguments is there before its fields, so that each value lives only from its reading to its place.
        void Set(TypeMember? member)
        {
            if (isMadeFirst && member is { CanWrite: true })
            {
                statements.Add(Expression.Assign(Expression.MakeMemberAccess(made, member.Info), Variable(member)));
            }
        }

        Expression Unless(Expression read, params Expression[] otherwise) =>
            Expression.IfThen(Expression.Not(read), Expression.Block([.. otherwise, Expression.Return(end, Expression.Default(type))]));
    }

    private Expression Default(int i, TypeMember member) => Default(node.Defaults[i], node.DefaultNode(i), member);

    // A member's own default holds also where the reader's schema is not the type's, and lacks the field.
    private Expression OwnDefault(TypeMember member)
    {
        RecordField field = ((RecordSchema)MappedSchema.Of(type)).Field(member.Name)!;
        return Default(field, Resolver.Resolve(field.Schema, field.Schema), member);
    }

    // What nobody can change is read here and now; an object is read anew each time.
    private Expression Default(RecordField field, ReadNode value, TypeMember member)
    {
        ConstantExpression slot = compiler.SlotOf(value, member.Type, Join(field.Name));
        ConstantExpression encoded = Expression.Constant(field.DefaultBinary());
        CheckDefault(field, member, encoded, slot);
        Expression read = ReaderCompiler.Call(nameof(MappedReads.Default), [member.Type], encoded, slot);
        return IsImmutable(Nullable.GetUnderlyingType(member.Type) ?? member.Type)
            ? Expression.Constant(Expression.Lambda<Func<object?>>(Expression.Convert(read, typeof(object))).Compile()(), member.Type)
            : read;
    }

    private static bool IsImmutable(Type type) => type.IsPrimitive || type.IsEnum || Immutable.Contains(type);

    private void CheckDefault(RecordField field, TypeMember member, ConstantExpression encoded, ConstantExpression slot)
    {
        if (!ReaderCompiler.CanHold(member.Type, (ReadOnlyMemory<byte>)encoded.Value!, slot.Value!))
        {
            throw new ArgumentException($"The default of field '{Join(field.Name)}', {field.Default}, is no value of {member.Type}.");
        }
    }

    private static Expression Skip(RecordStep step, ParameterExpression reader) => Expression.Call(
        Expression.Constant(Skipper.Of(step.Field.Schema)), typeof(Skipper).GetMethod(nameof(Skipper.Skip), BindingFlags.NonPublic | BindingFlags.Instance)!, reader);

    private ParameterExpression Variable(TypeMember member)
    {
        if (!_variables.TryGetValue(member, out ParameterExpression? variable))
        {
            _variables.Add(member, variable = Expression.Variable(member.Type, member.Name));
        }

        return variable;
    }

    // None for a struct without one.
    private ConstructorInfo? Constructor() => _members.Constructor(_matched.OfType<TypeMember>().ToArray())
        ?? (type.IsValueType ? null : throw new ArgumentException($"{type} has no constructor without parameters, and none whose parameters are all members of it."));

    private MemberInitExpression Create(ConstructorInfo? constructor)
    {
        NewExpression creation = constructor is null ? Expression.New(type) : Expression.New(constructor, constructor.GetParameters().Select(Argument));
        return Expression.MemberInit(creation, _variables
            .Where(pair => pair.Key.CanWrite && !_given.Contains(pair.Key))
            .Select(pair => Expression.Bind(pair.Key.Info, pair.Value)));
    }

    // Collections that the object makes itself and nobody can replace.
    private IEnumerable<(string Name, Expression Fill)> Fill(ParameterExpression made, ParameterExpression reader) =>
        from pair in _variables
        where !pair.Key.CanWrite && !_given.Contains(pair.Key)
        let collection = CollectionTypes.Filled(pair.Key)!
        select (pair.Key.Name, (Expression)ReaderCompiler.Call(
            nameof(MappedReads.Fill),
            collection.GetGenericArguments(),
            reader,
            Expression.Convert(Expression.MakeMemberAccess(made, pair.Key.Info), collection),
            Expression.Convert(pair.Value, collection)));

    // Apache reads such a class by position, with Get and Put; a field of its own that no member is named after would be lost here.
    private void CheckGenerated()
    {
        if (!ApacheTypes.IsGenerated(type) || MappedSchema.Of(type) is not RecordSchema own)
        {
            return;
        }

        foreach (RecordField field in ((RecordSchema)node.Reader).Fields)
        {
            if (_matched[field.Position] is null && own.Field(field.Name) is not null)
            {
                throw new ArgumentException(
                    $"{type} has no member for field '{Join(field.Name)}' of its own schema, and its value would be lost. "
                    + "Name the member as the field, as avrogen does, or give it [AvroName].");
            }
        }
    }

    private void CheckSet()
    {
        foreach (TypeMember member in _variables.Keys)
        {
            if (!member.CanWrite && !_given.Contains(member) && CollectionTypes.Filled(member) is null)
            {
                throw new ArgumentException(
                    $"What the messages have for {type.Name}.{member.Info.Name} would be lost: {TypeMembers.NotSet(member)}");
            }
        }
    }

    private void CheckRequired()
    {
        foreach (TypeMember member in _members.All)
        {
            if (member.IsRequired && !_variables.ContainsKey(member) && !_given.Contains(member))
            {
                throw Missing(member.Name);
            }
        }
    }

    private Expression Argument(ParameterInfo parameter)
    {
        TypeMember member = _members.OfParameter(parameter)!;
        _given.Add(member);
        if (_variables.TryGetValue(member, out ParameterExpression? variable))
        {
            return variable;
        }

        // Reflection gives null for the default of a struct.
        return parameter is { HasDefaultValue: true, DefaultValue: not null } ? Expression.Convert(Expression.Constant(parameter.DefaultValue), parameter.ParameterType)
            : parameter.HasDefaultValue || member.IsNullable ? Expression.Default(parameter.ParameterType)
            : throw Missing(member.Name);
    }

    private ArgumentException Missing(string member) =>
        new($"{type.Name}.{member} is required, but record {node.Reader.TypeName} has no such field{(path.Length == 0 ? "" : $" (at '{path}')")}.");

    private string Join(string name) => path.Length == 0 ? name : path + "." + name;
}
