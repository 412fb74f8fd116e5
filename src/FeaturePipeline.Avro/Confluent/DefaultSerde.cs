using Confluent.Kafka;
using Confluent.SchemaRegistry;
using Specific = global::Avro.Specific;

namespace FeaturePipeline.Avro.Confluent;

/// <summary>What Confluent's own serde is asked to do: messages whose schema carries rules, and types that hold no data.</summary>
internal static class DefaultSerde
{
    private static readonly HashSet<Type> Types =
        [typeof(int), typeof(bool), typeof(double), typeof(string), typeof(float), typeof(long), typeof(byte[]), typeof(Null), typeof(global::Avro.Generic.GenericRecord)];

    /// <summary>Whether Confluent's serde takes values of the type.</summary>
    public static bool Serves(Type type) => Types.Contains(type) || type.IsAssignableTo(typeof(Specific.ISpecificRecord));

    /// <summary>Whether it resolves messages to the type's own schema, whatever the latest version of the subject: that one says how data is migrated.</summary>
    public static bool HasOwnSchema(Type type) => Serves(type) && type != typeof(global::Avro.Generic.GenericRecord);

    /// <summary>Whether it takes every message of the type, whatever its schema: inline rules are to be validated, or there is nothing but null.</summary>
    /// <exception cref="NotSupportedException">Rules are to be validated for a type that only this library serves.</exception>
    public static bool TakesAll(Type type, SerdeConfig? config)
    {
        bool validates = config is not null && config.ValidationRulesExecution != ValidationRulesExecution.Disabled;
        return validates && !Serves(type)
            ? throw new NotSupportedException(
                $"validation.rules.execution: rules can't be validated for values of type {type.Name}. Use Avro.Generic.GenericRecord or a class that avrogen has made.")
            : validates || type == typeof(Null);
    }

    /// <summary>The error of a schema with rules for a type that Confluent's serde does not take.</summary>
    public static NotSupportedException Refuses(Type type, string what) => new(
        $"{what}: the schema carries a rule set (data contract). Rules are run for Avro.Generic.GenericRecord, classes that avrogen has made and primitives, "
        + $"not for {type.Name}: reading or writing without them would be wrong. Use one of those types, or remove the rules from the subject.");
}
