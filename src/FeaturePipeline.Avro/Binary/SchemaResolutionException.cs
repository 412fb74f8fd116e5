namespace FeaturePipeline.Avro.Binary;

/// <summary>No value of the writer's schema can be read under the reader's schema. Source: Avro specification, "Schema Resolution".</summary>
public sealed class SchemaResolutionException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="reason">What does not match.</param>
    /// <param name="writerPath">Where in the writer's schema.</param>
    /// <param name="readerPath">Where in the reader's schema.</param>
    public SchemaResolutionException(string reason, string writerPath, string readerPath)
        : base($"{reason} (writer: {Show(writerPath)}; reader: {Show(readerPath)}).")
    {
        WriterPath = writerPath;
        ReaderPath = readerPath;
    }

    /// <summary>Where in the writer's schema: fields with '.', '[]' into items and values.</summary>
    public string WriterPath { get; }

    /// <summary>Where in the reader's schema.</summary>
    public string ReaderPath { get; }

    private static string Show(string path) => path.Length == 0 ? "the top" : $"'{path}'";
}
