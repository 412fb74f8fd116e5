using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Features;

/// <summary>The views' record schemas in the registry.</summary>
public static class FeatureSchemas
{
    /// <summary>Registers the schema of every view under <c>TOPIC-value</c>, after asking whether it is compatible.</summary>
    /// <param name="views">The views.</param>
    /// <param name="registry">The registry.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The schema id of each view, by the view's name.</returns>
    /// <exception cref="StreamsException">The registry refuses a schema: the message has its reason and the remedy.</exception>
    /// <exception cref="SchemaRegistryException">The registry does not answer, or answered with another fault; see its IsRetriable.</exception>
    public static async Task<IReadOnlyDictionary<string, int>> RegisterAsync(
        IEnumerable<FeatureView> views, ISchemaRegistry registry, CancellationToken cancellationToken = default)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (FeatureView view in views)
        {
            var schema = new SchemaDefinition(view.RecordSchema.ToString());
            CompatibilityAnswer answer = await registry.TestCompatibilityAsync(view.Subject, schema, cancellationToken: cancellationToken);
            if (!answer.IsCompatible)
            {
                throw Refused(view, answer.Messages.Count > 0 ? string.Join("; ", answer.Messages) : "no reason given", null);
            }

            try
            {
                ids[view.Name] = (await registry.RegisterAsync(view.Subject, schema, cancellationToken: cancellationToken)).Id;
            }
            catch (SchemaRegistryException e) when (e.IsIncompatible)
            {
                throw Refused(view, e.Message, e);
            }
        }

        return ids;
    }

    private static StreamsException Refused(FeatureView view, string reason, Exception? cause) => new(
        $"View '{view.Name}': its record is incompatible with what subject '{view.Subject}' holds: {reason}. "
        + $"Undo the change, or give the view another topic (FeatureViews:{view.Name}:Topic), or change the subject's compatibility level in the registry.",
        cause);
}
