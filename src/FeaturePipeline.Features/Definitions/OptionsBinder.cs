using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using FeaturePipeline.Avro;
using Microsoft.Extensions.Configuration;

namespace FeaturePipeline.Features.Definitions;

/// <summary>Binds a configuration section to an options type and reports every mistake, where the framework's binder ignores
/// misspelt keys and stops at the first value that it can't convert.</summary>
/// <remarks>
/// Property types: string, bool, int, long, double, enums, <see cref="TimeSpan"/> (in the forms of <see cref="Durations"/>), the
/// nullable ones, nested options classes, and dictionaries of string to any of them. Data annotations are checked, too.
/// </remarks>
public static class OptionsBinder
{
    /// <summary>Binds a section.</summary>
    /// <typeparam name="T">Options type with a public constructor without parameters.</typeparam>
    /// <param name="section">The section; one that does not exist gives the defaults.</param>
    /// <param name="mistakes">Where mistakes are added; keys start with the section's path.</param>
    /// <returns>The options; a property whose value is a mistake keeps its default.</returns>
    public static T Bind<T>(IConfigurationSection section, ICollection<ConfigurationMistake> mistakes)
        where T : class, new()
    {
        var options = new T();
        BindObject(section, options, section.Path, mistakes);
        return options;
    }

    /// <summary>Binds a section whose children are named by the user, such as FeatureViews.</summary>
    /// <typeparam name="T">Options type of a child.</typeparam>
    /// <param name="section">The section.</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    public static Dictionary<string, T> BindDictionary<T>(IConfigurationSection section, ICollection<ConfigurationMistake> mistakes)
        where T : class, new()
    {
        var result = new Dictionary<string, T>(StringComparer.Ordinal);
        BindChildren(section, typeof(T), result, section.Path, mistakes);
        return result;
    }

    /// <summary>Reports keys that no one reads among the children of <paramref name="section"/>.</summary>
    /// <param name="section">A section, or the root.</param>
    /// <param name="allowed">The names that exist.</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    public static void CheckKeys(IConfiguration section, IReadOnlyCollection<string> allowed, ICollection<ConfigurationMistake> mistakes)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!allowed.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                // The value of a misspelt key may be a secret: it is not printed.
                mistakes.Add(new ConfigurationMistake(child.Path, null, $"unknown key; {NearestName.Suggest(child.Key, allowed)}"));
            }
        }
    }

    private static void BindObject(IConfigurationSection section, object options, string path, ICollection<ConfigurationMistake> mistakes)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add(new ConfigurationMistake(path, null, "a section is expected here, not a single value"));
            return;
        }

        PropertyInfo[] properties = [.. options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite || IsSection(p.PropertyType))];
        CheckKeys(section, [.. properties.Select(p => p.Name)], mistakes);
        foreach (PropertyInfo property in properties)
        {
            BindProperty(section.GetSection(property.Name), property, options, $"{path}:{property.Name}", mistakes);
        }

        Validate(options, path, mistakes);
    }

    private static void BindProperty(
        IConfigurationSection section, PropertyInfo property, object options, string path, ICollection<ConfigurationMistake> mistakes)
    {
        Type type = property.PropertyType;
        if (DictionaryValue(type) is { } valueType)
        {
            var dictionary = (IDictionary?)property.GetValue(options) ?? (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), valueType))!;
            BindChildren(section, valueType, dictionary, path, mistakes);
            if (property.CanWrite)
            {
                property.SetValue(options, dictionary);
            }
        }
        else if (IsSection(type))
        {
            object? nested = property.GetValue(options);
            bool exists = section.GetChildren().Any() || !string.IsNullOrEmpty(section.Value);
            if (nested is null && exists)
            {
                nested = Activator.CreateInstance(type)!;
                property.SetValue(options, nested);
            }

            if (nested is not null)
            {
                BindObject(section, nested, path, mistakes);
            }
        }
        else if (TryReadValue(section, type, path, mistakes, out object? value))
        {
            property.SetValue(options, value);
        }
    }

    private static void BindChildren(
        IConfigurationSection section, Type valueType, IDictionary dictionary, string path, ICollection<ConfigurationMistake> mistakes)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            mistakes.Add(new ConfigurationMistake(path, null, "a section is expected here, not a single value"));
            return;
        }

        foreach (IConfigurationSection child in section.GetChildren())
        {
            string childPath = $"{path}:{child.Key}";
            if (IsSection(valueType))
            {
                object nested = Activator.CreateInstance(valueType)!;
                BindObject(child, nested, childPath, mistakes);
                dictionary[child.Key] = nested;
            }
            else if (TryReadValue(child, valueType, childPath, mistakes, out object? value))
            {
                dictionary[child.Key] = value;
            }
        }
    }

    /// <summary>False where nothing is configured (null and the empty string both mean that) or the value is a mistake.</summary>
    private static bool TryReadValue(
        IConfigurationSection section, Type type, string path, ICollection<ConfigurationMistake> mistakes, out object? value)
    {
        value = null;
        if (section.GetChildren().Any())
        {
            mistakes.Add(new ConfigurationMistake(path, null, "a single value is expected here, not a section or a list"));
            return false;
        }

        if (string.IsNullOrEmpty(section.Value))
        {
            return false;
        }

        if (TryConvert(section.Value, Nullable.GetUnderlyingType(type) ?? type, out value, out string allowed))
        {
            return true;
        }

        mistakes.Add(new ConfigurationMistake(path, section.Value, $"allowed: {allowed}"));
        return false;
    }

    private static bool TryConvert(string text, Type type, out object? value, out string allowed)
    {
        CultureInfo invariant = CultureInfo.InvariantCulture;
        (bool ok, value, allowed) = Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => (TryEnum(type, text, out object? e), e, string.Join(", ", Enum.GetNames(type))),
            _ when type == typeof(TimeSpan) => (Durations.TryParse(text, out TimeSpan t), (object?)t, Durations.Allowed),
            TypeCode.String => (true, text, ""),
            TypeCode.Boolean => (bool.TryParse(text, out bool b), b, "true, false"),
            TypeCode.Int32 => (int.TryParse(text, NumberStyles.Integer, invariant, out int i), i, "a whole number"),
            TypeCode.Int64 => (long.TryParse(text, NumberStyles.Integer, invariant, out long l), l, "a whole number"),
            TypeCode.Double => (double.TryParse(text, NumberStyles.Float, invariant, out double d), d, "a number"),
            _ => throw new NotSupportedException($"Options type {type} can't be bound: add it to OptionsBinder."),
        };
        return ok;
    }

    // Enum.TryParse takes numbers and lists of names; configuration takes one name.
    private static bool TryEnum(Type type, string text, out object? value)
    {
        string? name = Array.Find(Enum.GetNames(type), n => string.Equals(n, text.Trim(), StringComparison.OrdinalIgnoreCase));
        value = name is null ? null : Enum.Parse(type, name);
        return name is not null;
    }

    private static void Validate(object options, string path, ICollection<ConfigurationMistake> mistakes)
    {
        var results = new List<ValidationResult>();
        _ = Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        foreach (ValidationResult result in results)
        {
            string? member = result.MemberNames.FirstOrDefault();
            object? value = member is null ? null : options.GetType().GetProperty(member)?.GetValue(options);
            string? text = value switch { null => null, TimeSpan t => Durations.Format(t), _ => Convert.ToString(value, CultureInfo.InvariantCulture) };
            mistakes.Add(new ConfigurationMistake(member is null ? path : $"{path}:{member}", text, result.ErrorMessage ?? "not allowed"));
        }
    }

    private static bool IsSection(Type type) =>
        type.IsClass && type != typeof(string) && DictionaryValue(type) is null;

    private static Type? DictionaryValue(Type type) =>
        type.IsGenericType && typeof(IDictionary).IsAssignableFrom(type) && type.GetGenericArguments() is [var key, var value] && key == typeof(string)
            ? value
            : null;
}
