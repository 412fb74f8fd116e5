using FeaturePipeline.Avro.Binary;

namespace FeaturePipeline.Features.Definitions;

/// <summary>The fields of the event that some feature reads, in order of first use: the projection of the decoder.</summary>
/// <param name="resolve">Gives the type of a path; throws <see cref="ArgumentException"/> for one that the schema does not have.</param>
public sealed class FieldTable(Func<string, ProjectedField> resolve)
{
    private readonly List<ProjectedField> _fields = [];

    /// <summary>The fields, in the order of the row's values.</summary>
    public IReadOnlyList<ProjectedField> Fields => _fields;

    /// <summary>Their paths.</summary>
    public IReadOnlyList<string> Paths => _fields.ConvertAll(f => f.Path);

    /// <summary>The position of a field in the row; added when it is not there yet.</summary>
    /// <param name="path">Path in the reader's schema, '.' into nested records.</param>
    /// <exception cref="ArgumentException">There is no such field, or it is of a type that can't be projected.</exception>
    public int IndexOf(string path)
    {
        int index = _fields.FindIndex(f => string.Equals(f.Path, path, StringComparison.Ordinal));
        if (index >= 0)
        {
            return index;
        }

        _fields.Add(resolve(path));
        return _fields.Count - 1;
    }

    /// <summary>The exception's message without the name of a parameter, which is not the user's.</summary>
    internal static string Problem(ArgumentException exception)
    {
        int end = exception.Message.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? exception.Message : exception.Message[..end];
    }
}
