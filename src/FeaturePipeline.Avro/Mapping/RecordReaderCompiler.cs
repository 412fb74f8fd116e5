using System.Linq.Expressions;
using System.Reflection;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Resolution;
using FeaturePipeline.Avro.Schemas;

namespace FeaturePipeline.Avro.Mapping;

/// <summary>Compiles the reading of one record into one C# type: fields into variables, then the constructor and the members.</summary>
internal sealed class RecordReaderCompiler(ReaderCompiler compiler, RecordNode node, Type type, string path)
{
    private readonly TypeMembers _members = TypeMembers.Of(type);
    private readonly Dictionary<TypeMember, ParameterExpression> _variables = [];

    internal Expression Body(ParameterExpression reader, ParameterExpression target)
    {
        LabelTarget end = Expression.Label(typeof(bool));
        var statements = new List<Expression> { FailUnless(end, Expression.Call(reader, nameof(AvroReader.TryEnter), null)) };
        foreach (RecordStep step in node.Steps)
        {
            TypeMember? member = step.Target < 0 ? null : Member(((RecordSchema)node.Reader).Fields[step.Target]);
            Expression read = member is null ? Skip(step, reader) : compiler.Read(step.Node!, member.Type, reader, Variable(member), Join(step.Field.Name));
            statements.Add(Expression.IfThen(
                Expression.Not(read),
                Expression.Return(end, Expression.Call(reader, typeof(AvroReader).GetMethod(nameof(AvroReader.FailIn), BindingFlags.NonPublic | BindingFlags.Instance)!, Expression.Constant(step.Field.Name)))));
        }

        for (int i = 0; i < node.Defaults.Length; i++)
        {
            if (Member(node.Defaults[i]) is { } member)
            {
                ConstantExpression slot = compiler.SlotOf(node.DefaultNode(i), member.Type, Join(node.Defaults[i].Name));
                ConstantExpression encoded = Expression.Constant(node.Defaults[i].DefaultBinary());
                CheckDefault(node.Defaults[i], member, encoded, slot);
                statements.Add(Expression.Assign(Variable(member), ReaderCompiler.Call(nameof(MappedReads.Default), [member.Type], encoded, slot)));
            }
        }

        statements.Add(Expression.Call(reader, nameof(AvroReader.Leave), null));
        statements.Add(Expression.Assign(target, Create()));
        statements.Add(Expression.Label(end, Expression.Constant(true)));
        return Expression.Block(_variables.Values, statements);
    }

    private void CheckDefault(RecordField field, TypeMember member, ConstantExpression encoded, ConstantExpression slot)
    {
        MethodInfo canHold = typeof(MappedReads).GetMethod(nameof(MappedReads.CanHold), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(member.Type);
        if (!(bool)canHold.Invoke(null, [encoded.Value, slot.Value])!)
        {
            throw new ArgumentException($"The default of field '{Join(field.Name)}', {field.Default}, is no value of {member.Type}.");
        }
    }

    private static Expression FailUnless(LabelTarget end, Expression condition) =>
        Expression.IfThen(Expression.Not(condition), Expression.Return(end, Expression.Constant(false)));

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

    // The member for a reader's field: by the field's name, or by one of its aliases.
    private TypeMember? Member(RecordField field) => _members.Find(field.Name) ?? field.Aliases.Select(_members.Find).FirstOrDefault(member => member is not null);

    private MemberInitExpression Create()
    {
        ConstructorInfo? constructor = _members.Constructor();
        if (constructor is null && !type.IsValueType)
        {
            throw new ArgumentException($"{type} has no constructor without parameters, and none whose parameters are all members of it.");
        }

        var given = new HashSet<TypeMember>();
        NewExpression creation = constructor is null
            ? Expression.New(type)
            : Expression.New(constructor, constructor.GetParameters().Select(parameter => Argument(parameter, given)));
        foreach (TypeMember member in _members.All)
        {
            if (member.IsRequired && !_variables.ContainsKey(member) && !given.Contains(member))
            {
                throw Missing(member.Name);
            }
        }

        return Expression.MemberInit(creation, _variables
            .Where(pair => pair.Key.CanWrite && !given.Contains(pair.Key))
            .Select(pair => Expression.Bind(pair.Key.Info, pair.Value)));
    }

    private Expression Argument(ParameterInfo parameter, HashSet<TypeMember> given)
    {
        TypeMember member = _members.OfParameter(parameter)!;
        given.Add(member);
        if (_variables.TryGetValue(member, out ParameterExpression? variable))
        {
            return variable;
        }

        return parameter.HasDefaultValue ? Expression.Convert(Expression.Constant(parameter.DefaultValue), parameter.ParameterType)
            : member.IsNullable ? Expression.Default(parameter.ParameterType)
            : throw Missing(member.Name);
    }

    private ArgumentException Missing(string member) =>
        new($"{type.Name}.{member} is required, but record {node.Reader.TypeName} has no such field{(path.Length == 0 ? "" : $" (at '{path}')")}.");

    private string Join(string name) => path.Length == 0 ? name : path + "." + name;
}
