using System.Globalization;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.IntegrationTests.Registry;

/// <summary>A registry in memory and a real one that are asked the same, with what each said in a form that can be compared.</summary>
internal sealed class RegistryPair(string url)
{
    private readonly MockSchemaRegistry _mock = new();
    private readonly Dictionary<int, int> _realIdOf = [];

    /// <summary>Asks both. Ids are compared by what they stand for: two of one registry are the same where the other's are.</summary>
    public async Task<(string Mock, string Real)> AskAsync(Func<ISchemaRegistryClient, Task<object>> question)
    {
        var (mock, mockId) = await OutcomeAsync(question, _mock);
        // A client of its own each time, so that nothing is answered from a cache.
        using ISchemaRegistryClient real = SchemaRegistries.Create(new SchemaRegistryOptions { Url = url });
        var (said, realId) = await OutcomeAsync(question, real);
        if (mockId is { } id && realId is { } other)
        {
            _realIdOf.TryAdd(id, other);
            said += _realIdOf[id] == other && _realIdOf.Values.Count(known => known == other) == 1 ? "" : " under another id";
        }

        return (mock, said);
    }

    private static async Task<(string Text, int? Id)> OutcomeAsync(Func<ISchemaRegistryClient, Task<object>> question, ISchemaRegistryClient registry)
    {
        try
        {
            var answer = await question(registry);
            return (await DescribeAsync(registry, answer), (answer as RegisteredSchema)?.Id);
        }
        catch (SchemaRegistryException exception)
        {
            return (string.Create(CultureInfo.InvariantCulture, $"error {(exception.ErrorCode is RegistryErrors.NoCode or 0 ? (int)exception.Status : exception.ErrorCode)}"), null);
        }
    }

    // A registration is answered with the id alone by some: what it stands for is asked for.
    private static async Task<string> DescribeAsync(ISchemaRegistryClient registry, object answer) => answer switch
    {
        RegisteredSchema { SchemaString: null } registered => (await registry.ReadSchemaAsync(null, registered.Id)).Parse().ToString(),
        Schema schema => (await registry.ResolveAsync(schema, "The answer")).Parse().ToString(),
        bool isCompatible => isCompatible ? "compatible" : "incompatible",
        IEnumerable<int> versions => string.Join(',', versions),
        _ => string.Create(CultureInfo.InvariantCulture, $"{answer}"),
    };
}
