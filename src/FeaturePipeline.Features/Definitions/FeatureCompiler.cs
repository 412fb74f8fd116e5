using FeaturePipeline.Avro;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Definitions;

/// <summary>Compiles the features of one view.</summary>
/// <param name="fields">The event's fields.</param>
/// <param name="mistakes">Where mistakes are added.</param>
internal sealed class FeatureCompiler(FieldTable fields, ICollection<ConfigurationMistake> mistakes)
{
    /// <summary>Compiles a filter; null where there is none or it is wrong.</summary>
    public BooleanExpression? CompileFilter(string key, string? text) =>
        string.IsNullOrWhiteSpace(text) ? null : Guard(key, text, t => ExpressionCompiler.CompileFilter(t, fields));

    /// <summary>Compiles a feature.</summary>
    /// <param name="key">Its key in the configuration.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">Its definition.</param>
    /// <param name="siblings">All enabled features of the view, for ratios.</param>
    /// <returns>Null when something is wrong with it; that has been added to the mistakes.</returns>
    public FeatureDefinition? Compile(string key, string name, FeatureOptions options, IReadOnlyDictionary<string, FeatureOptions> siblings)
    {
        int before = mistakes.Count;
        BooleanExpression? filter = CompileFilter($"{key}:Where", options.Where);
        if (options.BucketBy is not null)
        {
            mistakes.Add(new ConfigurationMistake($"{key}:BucketBy", options.BucketBy, "maps are not in this version; leave it out, and write one feature with a Where for each value"));
        }

        if (FindFunction(key, options) is not { } function)
        {
            return null;
        }

        if (function.Create is null)
        {
            return Derived(key, name, options, function, siblings) is { } derived && mistakes.Count == before ? derived : null;
        }

        Expression? of = Operand(key, options, function);
        if (options.To is not null)
        {
            mistakes.Add(new ConfigurationMistake($"{key}:To", options.To, $"'{function.Name}' has none; it belongs to ratio and difference"));
        }

        if (mistakes.Count != before)
        {
            return null;
        }

        Aggregator aggregator = function.Create(of);
        return new FeatureDefinition(name, options)
        {
            Filter = filter,
            Aggregator = aggregator,
            Kind = aggregator.ResultKind,
            LogicalType = aggregator.ResultLogicalType,
            IsCount = aggregator.IsCount,
        };
    }

    private AggregateFunction? FindFunction(string key, FeatureOptions options)
    {
        string name = options.Function?.Trim() ?? "";
        if (AggregateFunction.ByName.TryGetValue(name, out AggregateFunction? function))
        {
            return function;
        }

        string[] names = [.. AggregateFunction.ByName.Keys];
        mistakes.Add(new ConfigurationMistake(
            $"{key}:Function",
            options.Function,
            name.Length == 0 ? $"missing; allowed: {string.Join(", ", names.Order(StringComparer.Ordinal))}"
            : AggregateFunction.NotBuilt.Contains(name, StringComparer.Ordinal) ? $"not in this version; {NearestName.Suggest("", names)}"
            : $"unknown function; {NearestName.Suggest(name, names)}"));
        return null;
    }

    private Expression? Operand(string key, FeatureOptions options, AggregateFunction function)
    {
        string ofKey = $"{key}:Of";
        if (string.IsNullOrWhiteSpace(options.Of))
        {
            if (function.Operand != OperandRule.Optional)
            {
                mistakes.Add(new ConfigurationMistake(ofKey, null, $"missing; '{function.Name}' needs a field or an expression"));
            }

            return null;
        }

        Expression? of = Guard(ofKey, options.Of, t => ExpressionCompiler.Compile(t, fields));
        if (of is not null && function.Operand == OperandRule.Number && of.Kind is not (FieldKind.Long or FieldKind.Double))
        {
            mistakes.Add(new ConfigurationMistake(ofKey, options.Of, $"'{function.Name}' needs a number; this is {Timestamps.Name(of.Kind)}"));
            return null;
        }

        if (function.Operand == OperandRule.Carried && of?.LogicalType is "decimal" or "big-decimal" or "duration")
        {
            mistakes.Add(new ConfigurationMistake(ofKey, options.Of, $"'{function.Name}' of a {of!.LogicalType} is not in this version; count and count_distinct of it work"));
            return null;
        }

        return of;
    }

    private FeatureDefinition? Derived(
        string key, string name, FeatureOptions options, AggregateFunction function, IReadOnlyDictionary<string, FeatureOptions> siblings)
    {
        if (options.Where is not null)
        {
            mistakes.Add(new ConfigurationMistake($"{key}:Where", options.Where, $"'{function.Name}' is made of other values; filter those"));
        }

        if (function.Operand == OperandRule.Feature)
        {
            bool ok = CheckFeature($"{key}:Of", function.Name, name, options.Of, siblings) & CheckFeature($"{key}:To", function.Name, name, options.To, siblings);
            bool isRatio = string.Equals(function.Name, AggregateFunction.Ratio, StringComparison.Ordinal);
            return ok ? new FeatureDefinition(name, options) { Kind = FieldKind.Double, Derived = (isRatio, options.Of!.Trim(), options.To!.Trim()) } : null;
        }

        foreach ((string part, string? value) in new[] { ("Of", options.Of), ("To", options.To) })
        {
            if (value is not null)
            {
                mistakes.Add(new ConfigurationMistake($"{key}:{part}", value, $"'{function.Name}' has none"));
            }
        }

        return new FeatureDefinition(name, options) { Kind = FieldKind.Long };
    }

    // A ratio of ratios would need an order; a ratio of what is counted does not.
    private bool CheckFeature(string key, string function, string name, string? other, IReadOnlyDictionary<string, FeatureOptions> siblings)
    {
        string[] candidates = [.. siblings
            .Where(s => s.Value.Function?.Trim() is not (AggregateFunction.Ratio or AggregateFunction.Difference))
            .Select(s => s.Key)];
        if (string.IsNullOrWhiteSpace(other))
        {
            mistakes.Add(new ConfigurationMistake(key, null, $"missing; '{function}' needs another feature of this view"));
            return false;
        }

        if (candidates.Contains(other.Trim(), StringComparer.Ordinal))
        {
            return true;
        }

        bool isDerived = siblings.ContainsKey(other.Trim());
        mistakes.Add(new ConfigurationMistake(
            key, other, isDerived ? "a ratio or difference of such is not in this version; name features that are aggregated" : $"the view has no such feature; {NearestName.Suggest(other.Trim(), [.. candidates.Where(c => c != name)])}"));
        return false;
    }

    private T? Guard<T>(string key, string text, Func<string, T> compile)
        where T : class
    {
        try
        {
            return compile(text);
        }
        catch (ExpressionException e)
        {
            mistakes.Add(new ConfigurationMistake(key, text, e.Message));
            return null;
        }
    }
}
