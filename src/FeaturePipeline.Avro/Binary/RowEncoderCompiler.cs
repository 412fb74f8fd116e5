using System.Linq.Expressions;
using System.Reflection;

namespace FeaturePipeline.Avro.Binary;

/// <summary>Compiles the operations of a row to a delegate: the fields' writes one after another, no loop and no dispatch.</summary>
internal static class RowEncoderCompiler
{
    private const BindingFlags Internal = BindingFlags.NonPublic | BindingFlags.Static;

    /// <summary>The delegate, or null where a field has no such write: then every row takes the checked way.</summary>
    internal static EncodeRow? Compile(RowOp[] ops)
    {
        ParameterExpression[] parameters = [.. typeof(EncodeRow).GetMethod("Invoke")!.GetParameters().Select(parameter => Expression.Parameter(parameter.ParameterType, parameter.Name))];
        ParameterExpression position = Expression.Variable(typeof(int), "position");
        LabelTarget end = Expression.Label(typeof(int));
        var body = new List<Expression>();
        for (int i = 0; i < ops.Length; i++)
        {
            if (typeof(RowFields).GetMethod(ops[i].Code.ToString(), Internal) is not { } write)
            {
                return null;
            }

            RowOp op = ops[i];
            int index = i;
            body.Add(Expression.Assign(position, Expression.Call(write, write.GetParameters().Select(Argument))));
            body.Add(Expression.IfThen(Expression.LessThan(position, Expression.Constant(0)), Expression.Return(end, Expression.Constant(-1))));

            Expression Argument(ParameterInfo parameter) => parameter.Name switch
            {
                "index" => Expression.Constant(index),
                "nullTag" => Expression.Constant(op.IsNullable ? op.NullTag : -1),
                "valueTag" => Expression.Constant(op.IsNullable ? op.ValueTag : -1),
                "symbols" => Expression.Constant(op.Symbols.Length),
                "position" => position,
                _ => parameters.Single(candidate => candidate.Name == parameter.Name),
            };
        }

        body.Add(Expression.Label(end, position));
        return Expression.Lambda<EncodeRow>(Expression.Block([position], body), parameters).Compile();
    }
}
