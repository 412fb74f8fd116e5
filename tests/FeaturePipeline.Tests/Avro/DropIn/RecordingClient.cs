using System.Reflection;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Tests.Avro.DropIn;

/// <summary>A registry's client that notes what is asked, and may answer otherwise.</summary>
public class RecordingClient : DispatchProxy
{
    private ISchemaRegistryClient _inner = null!;
    private Func<RegisteredSchema, RegisteredSchema>? _change;

    /// <summary>Registrations and look-ups: the subject, the schema's text, whether to ignore deleted ones, whether to normalise.</summary>
    internal List<string> Asked { get; } = [];

    internal static (ISchemaRegistryClient Client, RecordingClient Record) Of(ISchemaRegistryClient inner, Func<RegisteredSchema, RegisteredSchema>? change = null)
    {
        ISchemaRegistryClient client = Create<ISchemaRegistryClient, RecordingClient>();
        var record = (RecordingClient)(object)client;
        (record._inner, record._change) = (inner, change);
        return (client, record);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name is nameof(ISchemaRegistryClient.RegisterSchemaWithResponseAsync) or nameof(ISchemaRegistryClient.LookupSchemaAsync))
        {
            Asked.Add($"{targetMethod.Name} {string.Join(' ', args!.Select(static argument => argument is Schema schema ? schema.SchemaString : argument))}");
        }

        object? answer = targetMethod.Invoke(_inner, args);
        return _change is not null && answer is Task<RegisteredSchema> registered ? ChangeAsync(registered) : answer;
    }

    private async Task<RegisteredSchema> ChangeAsync(Task<RegisteredSchema> registered) => _change!(await registered);
}
