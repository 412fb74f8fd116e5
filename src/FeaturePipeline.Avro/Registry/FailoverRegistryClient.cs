// Confluent's client where it needs help: every call goes through the addresses, from the one that answered last, past those that are away
// and those where something answers that is no registry; and each context has a client of its own. What it throws is Confluent's, with what
// was asked for, where, and the remedy in the message.
using System.Net;
using System.Text.Json;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

internal sealed class FailoverRegistryClient : ISchemaRegistryClient
{
    private const string Url = SchemaRegistryConfig.PropertyNames.SchemaRegistryUrl;

    private readonly RegistryClients[] _addresses;
    private int _current;

    /// <exception cref="ArgumentException">An address, a property or a certificate file can't be used; the message names the
    /// key.</exception>
    public FailoverRegistryClient(SchemaRegistryOptions options, IAuthenticationHeaderValueProvider? credentials, TimeProvider timeProvider)
    {
        if (RegistryProperties.Check(options) is [var mistake, ..])
        {
            throw new RegistryOptionException(mistake.Key, mistake.Message);
        }

        RegistryAddress[] addresses = RegistryAddress.Parse(options.Url);
        Config =
        [
            .. RegistryProperties.Of(options, addresses[0]).Where(static property => property.Key != Url),
            new(Url, string.Join(',', addresses.Select(static address => address.Url))),
        ];
        _addresses = [.. addresses.Select(address => new RegistryClients(options, address, credentials, timeProvider))];
    }

    /// <inheritdoc />
    public IEnumerable<KeyValuePair<string, string>> Config { get; }

    /// <inheritdoc />
    public IAuthenticationHeaderValueProvider AuthHeaderProvider => First.AuthHeaderProvider;

    /// <inheritdoc />
    public IWebProxy Proxy => First.Proxy;

    /// <inheritdoc />
    public int MaxCachedSchemas => First.MaxCachedSchemas;

    private CachedSchemaRegistryClient First => _addresses[0].Of(RegistryContext.Default);

    /// <inheritdoc />
    public Task<int> RegisterSchemaAsync(string subject, string avroSchema, bool normalize = false) =>
        RegisterSchemaAsync(subject, new Schema(avroSchema, SchemaType.Avro), normalize);

    /// <inheritdoc />
    public async Task<int> RegisterSchemaAsync(string subject, Schema schema, bool normalize = false) =>
        (await RegisterSchemaWithResponseAsync(subject, schema, normalize)).Id;

    /// <inheritdoc />
    public Task<RegisteredSchema> RegisterSchemaWithResponseAsync(string subject, Schema schema, bool normalize = false) => AskAsync(
        $"Registration under subject '{subject}'",
        subject,
        client => client.RegisterSchemaWithResponseAsync(subject, schema, normalize),
        HasId);

    /// <inheritdoc />
    public Task<int> GetSchemaIdAsync(string subject, string avroSchema, bool normalize = false) =>
        GetSchemaIdAsync(subject, new Schema(avroSchema, SchemaType.Avro), normalize);

    /// <inheritdoc />
    public async Task<int> GetSchemaIdAsync(string subject, Schema schema, bool normalize = false) =>
        (await LookupSchemaAsync(subject, schema, ignoreDeletedSchemas: true, normalize)).Id;

    /// <inheritdoc />
    public Task<RegisteredSchema> LookupSchemaAsync(string subject, Schema schema, bool ignoreDeletedSchemas, bool normalize = false) => AskAsync(
        $"Look-up under subject '{subject}'",
        subject,
        client => client.LookupSchemaAsync(subject, schema, ignoreDeletedSchemas, normalize),
        HasId);

    /// <inheritdoc />
    public Task<Schema> GetSchemaAsync(int id, string? format = null) =>
        AskAsync(NameOf(id), null, client => client.GetSchemaAsync(id, format), HasText);

    /// <inheritdoc />
    public Task<Schema> GetSchemaBySubjectAndIdAsync(string subject, int id, string? format = null) =>
        AskAsync(NameOf(id), subject, client => client.GetSchemaBySubjectAndIdAsync(subject, id, format), HasText);

    /// <inheritdoc />
    public Task<Schema> GetSchemaByGuidAsync(string guid, string? format = null) =>
        AskAsync($"Schema GUID {guid}", null, client => client.GetSchemaByGuidAsync(guid, format), HasText);

    /// <inheritdoc />
    public Task<RegisteredSchema> GetRegisteredSchemaAsync(string subject, int version, bool ignoreDeletedSchemas = true) => AskAsync(
        FormattableString.Invariant($"Version {version} of subject '{subject}'"),
        subject,
        client => client.GetRegisteredSchemaAsync(subject, version, ignoreDeletedSchemas),
        HasIdAndText);

    /// <inheritdoc />
    public async Task<string> GetSchemaAsync(string subject, int version) => (await GetRegisteredSchemaAsync(subject, version)).SchemaString;

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestSchemaAsync(string subject) =>
        AskAsync($"The latest version of subject '{subject}'", subject, client => client.GetLatestSchemaAsync(subject), HasIdAndText);

    /// <inheritdoc />
    public Task<RegisteredSchema> GetLatestWithMetadataAsync(
        string subject, IDictionary<string, string> metadata, bool ignoreDeletedSchemas) => AskAsync(
        $"The latest version of subject '{subject}' with that metadata",
        subject,
        client => client.GetLatestWithMetadataAsync(subject, metadata, ignoreDeletedSchemas),
        HasIdAndText);

    /// <inheritdoc />
    public Task<List<string>> GetAllSubjectsAsync() => AskAsync("The list of subjects", null, static client => client.GetAllSubjectsAsync());

    /// <inheritdoc />
    public Task<List<int>> GetSubjectVersionsAsync(string subject) =>
        AskAsync($"The versions of subject '{subject}'", subject, client => client.GetSubjectVersionsAsync(subject));

    /// <inheritdoc />
    public Task<bool> IsCompatibleAsync(string subject, string avroSchema) => IsCompatibleAsync(subject, new Schema(avroSchema, SchemaType.Avro));

    /// <inheritdoc />
    public Task<bool> IsCompatibleAsync(string subject, Schema schema) =>
        AskAsync($"Compatibility under subject '{subject}'", subject, client => client.IsCompatibleAsync(subject, schema));

    /// <inheritdoc />
    [Obsolete("As Confluent's: strategies are settings of serializers.")]
    public string ConstructKeySubjectName(string topic, string? recordType = null) => First.ConstructKeySubjectName(topic, recordType);

    /// <inheritdoc />
    [Obsolete("As Confluent's: strategies are settings of serializers.")]
    public string ConstructValueSubjectName(string topic, string? recordType = null) => First.ConstructValueSubjectName(topic, recordType);

    /// <inheritdoc />
    public Task<Compatibility> GetCompatibilityAsync(string? subject = null) =>
        AskAsync(LevelOf(subject), subject, client => client.GetCompatibilityAsync(subject));

    /// <inheritdoc />
    public Task<Compatibility> UpdateCompatibilityAsync(Compatibility compatibility, string? subject = null) =>
        AskAsync(LevelOf(subject), subject, client => client.UpdateCompatibilityAsync(compatibility, subject));

    /// <inheritdoc />
    public void ClearLatestCaches() => Array.ForEach(_addresses, static address => address.Clear(static client => client.ClearLatestCaches()));

    /// <inheritdoc />
    public void ClearCaches() => Array.ForEach(_addresses, static address => address.Clear(static client => client.ClearCaches()));

    /// <inheritdoc />
    public Task<List<Association>> GetAssociationsByResourceNameAsync(
        string resourceName,
        string resourceNamespace,
        string resourceType,
        List<string> associationTypes,
        string lifecycle,
        int offset,
        int limit) => AskAsync(
        $"Associations of '{resourceName}'",
        null,
        client => client.GetAssociationsByResourceNameAsync(
            resourceName, resourceNamespace, resourceType, associationTypes, lifecycle, offset, limit));

    /// <inheritdoc />
    public Task<AssociationResponse> CreateAssociationAsync(AssociationCreateOrUpdateRequest request) =>
        AskAsync($"Association of '{request.ResourceName}'", null, client => client.CreateAssociationAsync(request));

    /// <inheritdoc />
    public async Task DeleteAssociationsAsync(
        string resourceId, string resourceType, List<string> associationTypes, bool cascadeLifecycle) => _ = await AskAsync(
        $"Deletion of the associations of '{resourceId}'",
        null,
        async client =>
        {
            await client.DeleteAssociationsAsync(resourceId, resourceType, associationTypes, cascadeLifecycle);
            return true;
        });

    /// <inheritdoc />
    public void Dispose() => Array.ForEach(_addresses, static address => address.Dispose());

    private static string NameOf(int id) => FormattableString.Invariant($"Schema id {id}");

    private static string LevelOf(string? subject) =>
        subject is null ? "The global compatibility level" : $"The compatibility level of subject '{subject}'";

    private static bool HasId(RegisteredSchema answer) => answer.Id > 0;

    private static bool HasIdAndText(RegisteredSchema answer) => HasId(answer) && HasText(answer);

    private static bool HasText(Schema answer) =>
        answer.SchemaString is not null && answer.References?.TrueForAll(static reference => reference is { Subject.Length: > 0 }) != false;

    /// <param name="what">What is asked for, for messages.</param>
    /// <param name="subject">The subject whose context is asked; null = the default one.</param>
    /// <param name="call">Asks a client.</param>
    /// <param name="isWhole">Whether an answer has what it must have: an empty object is JSON, too.</param>
    private async Task<T> AskAsync<T>(
        string what, string? subject, Func<CachedSchemaRegistryClient, Task<T>> call, Func<T, bool>? isWhole = null)
    {
        int first = Volatile.Read(ref _current);
        var faults = new List<RegistryFault>();
        for (int i = 0; i < _addresses.Length; i++)
        {
            int index = (first + i) % _addresses.Length;
            RegistryClients address = _addresses[index];
            CachedSchemaRegistryClient client = address.Of(RegistryContext.Of(subject));
            try
            {
                T answer = await call(client);
                if (answer is not null && isWhole?.Invoke(answer) != false)
                {
                    Volatile.Write(ref _current, index);
                    return answer;
                }

                client.ClearCaches(); // it keeps answers without looking at them
                faults.Add(new RegistryFault(address.Url, new JsonException("the answer lacks what was asked for")));
            }
            catch (Exception exception) when (exception is not ObjectDisposedException)
            {
                var fault = new RegistryFault(address.Url, exception);
                if (!fault.IsOfTheAddress)
                {
                    Volatile.Write(ref _current, index);
                    throw RegistryFault.ToException(what, [fault]);
                }

                faults.Add(fault);
            }
        }

        throw RegistryFault.ToException(what, faults);
    }
}
