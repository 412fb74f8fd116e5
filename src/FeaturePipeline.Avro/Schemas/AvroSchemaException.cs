namespace FeaturePipeline.Avro.Schemas;

/// <summary>A schema's text is not a schema: says what is wrong and where in the text (a JSON path such as <c>$.fields[2].type</c>).</summary>
public sealed class AvroSchemaException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, and what would be right.</param>
    /// <param name="path">Where: a JSON path into the schema's text.</param>
    public AvroSchemaException(string message, string path)
        : base($"{message} (at {path})") => Path = path;

    /// <summary>Creates the exception for text that is not JSON.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="inner">The JSON reader's exception.</param>
    public AvroSchemaException(string message, Exception inner)
        : base(message, inner) => Path = "$";

    /// <summary>A JSON path into the schema's text.</summary>
    public string Path { get; }
}
