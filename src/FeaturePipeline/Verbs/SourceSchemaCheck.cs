// Whether the source's reader schema reads what is written to the topic: with the local compatibility checker, every incompatibility with its place.
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Binary;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Avro.Schemas;
using FeaturePipeline.Avro.Schemas.Compatibility;
using FeaturePipeline.Configuration;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Features.Events;

namespace FeaturePipeline.Verbs;

/// <summary>Checks <c>Source:Schema</c> against writers' schemas.</summary>
internal static class SourceSchemaCheck
{
    private const string Key = "Source:Schema";

    /// <summary>Adds everything that the reader can't read of a writer.</summary>
    /// <param name="setup">The reader.</param>
    /// <param name="writer">What writes.</param>
    /// <param name="name">Who that is, for messages: "the built-in UserEvent".</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    /// <returns>Whether there was none.</returns>
    public static bool Check(PipelineSetup setup, AvroSchema writer, string name, ICollection<ConfigurationMistake> mistakes)
    {
        // Logical types matter where a feature reads the field: the plan of the events knows.
        string[] found =
        [
            .. SchemaCompatibility.Check(setup.Plan.Source.Schema, writer)
                .Where(static one => one.Kind != IncompatibilityKind.LogicalTypeMismatch)
                .Select(static one => $"{one.KindName} at {one.ReaderLocation} (writer: {one.WriterLocation}): {one.Message}"),
        ];
        if (found.Length == 0)
        {
            try
            {
                _ = EventPlan.Compile(setup.Plan, writer);
            }
            catch (SchemaResolutionException exception)
            {
                found = [exception.Message];
            }
        }

        foreach (string one in found)
        {
            mistakes.Add(new ConfigurationMistake(Key, setup.Options.Source.Schema, $"can't read what {name} writes: {one}".ReplaceLineEndings(" ")));
        }

        return found.Length == 0;
    }

    /// <summary>Checks against the built-in schema of events, which <c>produce</c> writes: unless the reader is of another name, and so of another's events.</summary>
    /// <param name="setup">The reader.</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    public static void CheckBuiltIn(PipelineSetup setup, ICollection<ConfigurationMistake> mistakes)
    {
        var contract = (NamedSchema)UserEventSchema.Schema;
        if (setup.Plan.Source.Schema is NamedSchema reader && reader.Name.Name == contract.Name.Name)
        {
            _ = Check(setup, contract, $"the built-in {contract.Name} (if others write the topic, name their schema with --against)", mistakes);
        }
    }

    /// <summary>Checks against the schemas of files.</summary>
    /// <param name="setup">The reader.</param>
    /// <param name="files">Paths.</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    public static void CheckFiles(PipelineSetup setup, IEnumerable<string> files, ICollection<ConfigurationMistake> mistakes)
    {
        foreach (string file in files)
        {
            try
            {
                _ = Check(setup, AvroSchema.ParseFile(file, SchemaValidation.Lenient), $"'{file}'", mistakes);
            }
            catch (Exception e) when (e is AvroSchemaException or IOException or UnauthorizedAccessException)
            {
                mistakes.Add(new ConfigurationMistake("--against", file, $"not an Avro schema that can be read: {e.Message}".ReplaceLineEndings(" ")));
            }
        }
    }

    /// <summary>Checks against the latest version of the topic's subject.</summary>
    /// <param name="setup">The reader.</param>
    /// <param name="registry">The registry.</param>
    /// <param name="mistakes">Where mistakes are added.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False if nothing is registered there.</returns>
    /// <exception cref="HttpRequestException">The registry does not answer.</exception>
    public static async Task<bool> CheckLatestAsync(
        PipelineSetup setup, ISchemaRegistryClient registry, ICollection<ConfigurationMistake> mistakes, CancellationToken cancel)
    {
        string subject = $"{setup.Options.Source.Topic}-value";
        try
        {
            RegisteredSchema latest = await registry.GetLatestSchemaAsync(subject).WaitAsync(cancel);
            ResolvedSchema resolved = await registry.ResolveAsync(latest, $"subject '{subject}'").WaitAsync(cancel);
            _ = Check(setup, resolved.Parse(), $"version {latest.Version} of subject '{subject}'", mistakes);
            return true;
        }
        catch (HttpRequestException e) when (e.IsNotFound())
        {
            return false;
        }
        catch (Exception e) when (e is AvroSchemaException or UnsupportedSchemaException)
        {
            mistakes.Add(new ConfigurationMistake(Key, setup.Options.Source.Schema, $"subject '{subject}' can't be read: {e.Message}".ReplaceLineEndings(" ")));
            return true;
        }
    }
}
