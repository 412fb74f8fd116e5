using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;
using FeaturePipeline.Features.Definitions;
using FeaturePipeline.Streams.Errors;

namespace FeaturePipeline.Features;

/// <summary>The views' record schemas in the registry.</summary>
public static class FeatureSchemas
{
    /// <summary>Registers the schema of every view under <c>TOPIC-value</c>.</summary>
    /// <param name="views">The views.</param>
    /// <param name="registry">The registry.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The schema id of each view, by the view's name.</returns>
    /// <exception cref="StreamsException">The registry refuses a schema: the message has its reason and the remedy.</exception>
    /// <exception cref="HttpRequestException">The registry does not answer, or answered with another fault; see <see cref="RegistryErrors"/>.</exception>
    public static async Task<IReadOnlyDictionary<string, int>> RegisterAsync(
        IEnumerable<FeatureView> views, ISchemaRegistryClient registry, CancellationToken cancellationToken = default)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (FeatureView view in views)
        {
            var schema = new Schema(view.RecordSchema.ToString(), SchemaType.Avro);
            try
            {
                ids[view.Name] = await registry.RegisterSchemaAsync(view.Subject, schema).WaitAsync(cancellationToken);
            }
            catch (HttpRequestException e) when (e.IsIncompatible())
            {
                IReadOnlyList<string> reasons = await registry.ExplainAsync(view.Subject, view.RecordSchema).WaitAsync(cancellationToken);
                throw Refused(view, reasons.Count > 0 ? string.Join("; ", reasons) : e.Message, e);
            }
        }

        return ids;
    }

    private static StreamsException Refused(FeatureView view, string reason, Exception? cause) => new(
        $"View '{view.Name}': its record is incompatible with what subject '{view.Subject}' holds: {reason}. "
        + $"Undo the change, or give the view another topic (FeatureViews:{view.Name}:Topic), or change the subject's compatibility level in the registry.",
        cause);
}
