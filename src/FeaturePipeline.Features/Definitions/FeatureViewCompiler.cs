using System.Globalization;
using System.Text.RegularExpressions;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Features.Aggregators;
using FeaturePipeline.Features.Expressions;

namespace FeaturePipeline.Features.Definitions;

/// <summary>Compiles the configured views against the schema of the events, and reports every mistake at once.</summary>
public sealed partial class FeatureViewCompiler
{
    private static readonly TimeSpan DefaultGap = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan DurationMax = TimeSpan.FromDays(3650);

    private readonly FeatureSource _source;
    private readonly ICollection<ConfigurationMistake> _mistakes;
    private readonly FieldTable _fields;
    private readonly FeatureCompiler _features;

    // Otherwise every view's entity would be called wrong for the one mistake.
    private bool _isKeyKnown;

    private FeatureViewCompiler(FeatureSource source, ICollection<ConfigurationMistake> mistakes)
    {
        _source = source;
        _mistakes = mistakes;
        _fields = new FieldTable(path => ProjectedDecoder.Resolve(source.Schema, [path])[0]);
        _features = new FeatureCompiler(_fields, mistakes);
    }

    /// <summary>Compiles.</summary>
    /// <param name="views">The views as bound from the configuration; those that are not enabled are left out.</param>
    /// <param name="source">Topic and schema of the events.</param>
    /// <param name="mistakes">Where mistakes are added, with full keys of the configuration.</param>
    /// <returns>The plan, or null when there was a mistake.</returns>
    public static FeaturePlan? Compile(
        IReadOnlyDictionary<string, FeatureViewOptions> views, FeatureSource source, ICollection<ConfigurationMistake> mistakes)
    {
        int before = mistakes.Count;
        var compiler = new FeatureViewCompiler(source, mistakes);
        compiler.CheckSource();
        var compiled = new List<FeatureView>();
        foreach ((string name, FeatureViewOptions options) in views.Where(v => v.Value.Enabled).OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            if (compiler.CompileView(name, options) is { } view)
            {
                compiled.Add(view);
            }
        }

        if (!views.Any(v => v.Value.Enabled))
        {
            mistakes.Add(new ConfigurationMistake(FeatureViewOptions.SectionName, null, "no view is enabled; there is nothing to compute"));
        }

        compiler.CheckTopics(compiled);
        return mistakes.Count == before ? new FeaturePlan { Views = compiled, Fields = compiler._fields.Fields, Source = source } : null;
    }

    // Their order is FeaturePlan's KeyIndex and TimestampIndex.
    private void CheckSource()
    {
        if (_source.KeyedBy is null)
        {
            Add("Source:KeyedBy", null, "missing; a topic that is not keyed is not in this version: name the field that its key holds");
        }
        else
        {
            _isKeyKnown = CheckField("Source:KeyedBy", _source.KeyedBy, f => f.Kind == FieldKind.String, "a key is a string");
        }

        CheckField(
            "Source:TimestampField",
            _source.TimestampField,
            f => f.Kind == FieldKind.Long && (f.LogicalType is null || Timestamps.UnitsPerSecond(f.LogicalType) > 0),
            "a timestamp is a long of milliseconds, or of a timestamp's logical type");
    }

    private bool CheckField(string key, string path, Func<ProjectedField, bool> isAllowed, string rule)
    {
        try
        {
            ProjectedField field = _fields.Fields[_fields.IndexOf(path)];
            Require(isAllowed(field), key, path, $"{rule}; this is {Timestamps.Name(field.Kind)}{(field.LogicalType is null ? "" : $" ({field.LogicalType})")}");
            return isAllowed(field);
        }
        catch (ArgumentException e)
        {
            Add(key, path, FieldTable.Problem(e));
            return false;
        }
    }

    private FeatureView? CompileView(string name, FeatureViewOptions options)
    {
        int before = _mistakes.Count;
        string key = $"{FeatureViewOptions.SectionName}:{name}";
        string topic = options.Topic?.Trim() ?? name.Replace('_', '-');
        string recordName = options.RecordName?.Trim() ?? $"{_source.FeatureNamespace}.{PascalCase(name)}";
        Require(AvroName().IsMatch(name), key, null, "a view's name is letters, digits and '_', and does not begin with a digit");
        Require(TopicName().IsMatch(topic), $"{key}:Topic", topic, "allowed: 1 to 249 letters, digits, '.', '_' and '-'");
        Require(
            recordName.Split('.').All(part => AvroName().IsMatch(part)), $"{key}:RecordName", recordName,
            "allowed: a full Avro name, that is names of letters, digits and '_' joined by dots");
        Require(options.Emit == EmitMode.OnClose, $"{key}:Emit", options.Emit.ToString(), "not in this version; OnClose works");
        CheckEntity($"{key}:Entity", options.Entity);
        CheckWindow($"{key}:Window", options.Window);
        BooleanExpression? filter = _features.CompileFilter($"{key}:Where", options.Where);
        List<FeatureDefinition> features = CompileFeatures(key, options);
        if (_mistakes.Count != before)
        {
            return null;
        }

        int size = 0;
        int slots = 0;
        features.ForEach(f => f.Aggregator?.Place(ref size, ref slots));
        return new FeatureView
        {
            Name = name,
            Topic = topic,
            TopicConfig = options.TopicConfig,
            RecordName = recordName,
            Entity = options.Entity!.Trim(),
            Gap = options.Window.Gap ?? DefaultGap,
            Grace = options.Window.Grace ?? TimeSpan.Zero,
            Emit = options.Emit,
            Features = features,
            Where = string.IsNullOrWhiteSpace(options.Where) ? null : options.Where.Trim(),
            Filter = filter,
            StateSize = size,
            StateSlots = slots,
        };
    }

    private List<FeatureDefinition> CompileFeatures(string viewKey, FeatureViewOptions options)
    {
        var enabled = options.Features.Where(f => f.Value.Enabled).OrderBy(f => f.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        Require(enabled.Count > 0, $"{viewKey}:Features", null, "no feature is enabled; a view needs one at least");
        var features = new List<FeatureDefinition>();
        foreach ((string name, FeatureOptions feature) in enabled)
        {
            string key = $"{viewKey}:Features:{name}";
            Require(AvroName().IsMatch(name), key, null, "a feature's name is letters, digits and '_', and does not begin with a digit");
            string[] taken = [.. FeatureRecordSchema.BaseFields, .. Entities(options.Entity), FeatureRecordSchema.IsFinal];
            Require(!taken.Contains(name, StringComparer.Ordinal), key, null, $"the name is taken: a record has a field '{name}' already");
            if (_features.Compile(key, name, feature, enabled) is { } compiled)
            {
                features.Add(compiled);
            }
        }

        CompleteDerived(viewKey, features);
        return features;
    }

    // Their operands must be numbers, and say whether a difference is a long or a double.
    private void CompleteDerived(string viewKey, List<FeatureDefinition> features)
    {
        foreach (FeatureDefinition derived in features.Where(f => f.Derived is not null))
        {
            (bool isRatio, string left, string right) = derived.Derived!.Value;
            bool isWhole = !isRatio;
            foreach ((string part, string name) in new[] { ("Of", left), ("To", right) })
            {
                FeatureDefinition? other = features.Find(f => string.Equals(f.Name, name, StringComparison.Ordinal));
                Require(
                    other is null || other.Kind is FieldKind.Long or FieldKind.Double,
                    $"{viewKey}:Features:{derived.Name}:{part}", name,
                    $"'{derived.Options.Function?.Trim()}' needs numbers; that feature is {(other is null ? "" : Timestamps.Name(other.Kind))}");
                isWhole &= other?.Kind == FieldKind.Long;
            }

            derived.Kind = isWhole ? FieldKind.Long : FieldKind.Double;
        }
    }

    private void CheckEntity(string key, string? entity)
    {
        string[] names = Entities(entity);
        if (names.Length == 0)
        {
            Add(key, entity, $"missing; the entity is the field that the features describe, here '{_source.KeyedBy}'");
        }
        else if (_isKeyKnown && (names.Length > 1 || names[0] != _source.KeyedBy))
        {
            Add(key, entity, $"an entity other than Source:KeyedBy needs a repartition topic, which is not in this version; '{_source.KeyedBy}' works");
        }
    }

    private void CheckWindow(string key, WindowOptions window)
    {
        if (window.Type is null && _mistakes.Any(mistake => mistake.Key == $"{key}:Type"))
        {
            return; // given, but no type of window
        }

        if (window.Type is not WindowType.Session)
        {
            Add($"{key}:Type", window.Type?.ToString(), window.Type is null ? "missing; Session works" : "not in this version; Session works");
            return;
        }

        CheckDuration($"{key}:Gap", window.Gap);
        CheckDuration($"{key}:Grace", window.Grace);
        Require(window.SplitOn is null, $"{key}:SplitOn", window.SplitOn, "not in this version; leave it out: sessions end by their gap");
        Require(window.MaxLength is null, $"{key}:MaxLength", Text(window.MaxLength), "not in this version; leave it out: sessions end by their gap");
        foreach ((string name, string? value) in new[]
        {
            ("Size", Text(window.Size)), ("Advance", Text(window.Advance)), ("Sizes", window.Sizes), ("Hop", Text(window.Hop)),
        })
        {
            Require(value is null, $"{key}:{name}", value, "a session window has none; it has Gap and Grace");
        }
    }

    private void CheckDuration(string key, TimeSpan? value) => Require(
        value is null || (value <= DurationMax && value.Value.Ticks % TimeSpan.TicksPerMillisecond == 0),
        key, Text(value), string.Create(CultureInfo.InvariantCulture, $"allowed: whole milliseconds, 0 to {DurationMax.Days}d"));

    private void CheckTopics(List<FeatureView> views)
    {
        foreach (FeatureView view in views)
        {
            string key = $"{FeatureViewOptions.SectionName}:{view.Name}:Topic";
            Require(view.Topic != _source.Topic, key, view.Topic, "that is the source topic: features would be read as events");
            FeatureView first = views.First(v => v.Topic == view.Topic);
            Require(first == view, key, view.Topic, $"view '{first.Name}' writes to that topic already; each view has its own");
        }
    }

    private static string[] Entities(string? entity) =>
        entity?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string? Text(TimeSpan? value) => value is { } duration ? Durations.Format(duration) : null;

    private static string PascalCase(string name) =>
        string.Concat(name.Split('_', '-').Select(part => part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]));

    private void Require(bool holds, string key, string? value, string problem)
    {
        if (!holds)
        {
            Add(key, value, problem);
        }
    }

    private void Add(string key, string? value, string problem) => _mistakes.Add(new ConfigurationMistake(key, value, problem));

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.None, 1000)]
    private static partial Regex AvroName();

    [GeneratedRegex("^[A-Za-z0-9._-]{1,249}$", RegexOptions.None, 1000)]
    private static partial Regex TopicName();
}
