using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Confluent.SchemaRegistry;
using FeaturePipeline.Avro.Registry;

namespace FeaturePipeline.IntegrationTests.Registry;

/// <summary>Deletes in a registry, which Confluent's client for .NET does not do.</summary>
internal static class RegistryDeletion
{
    private static readonly HttpClient Http = new();

    /// <summary>Deletes a subject, and says which versions that were.</summary>
    public static Task<IReadOnlyList<int>> SubjectAsync(ISchemaRegistryClient registry, string subject, bool permanently = false) =>
        registry is MockSchemaRegistry mock
            ? mock.DeleteSubjectAsync(subject, permanently)
            : DeleteAsync<IReadOnlyList<int>>(registry, $"subjects/{subject}", permanently);

    /// <summary>Deletes a version, and says which.</summary>
    public static Task<int> VersionAsync(ISchemaRegistryClient registry, string subject, int version, bool permanently = false) =>
        registry is MockSchemaRegistry mock
            ? mock.DeleteVersionAsync(subject, version, permanently)
            : DeleteAsync<int>(registry, string.Create(CultureInfo.InvariantCulture, $"subjects/{subject}/versions/{version}"), permanently);

    private static async Task<T> DeleteAsync<T>(ISchemaRegistryClient registry, string path, bool permanently)
    {
        using HttpResponseMessage response = await Http.DeleteAsync(new Uri($"{registry.Address()}/{path}{(permanently ? "?permanent=true" : "")}"));
        if (response.IsSuccessStatusCode)
        {
            return (await response.Content.ReadFromJsonAsync<T>())!;
        }

        JsonElement error = await response.Content.ReadFromJsonAsync<JsonElement>();
        throw new SchemaRegistryException(error.GetProperty("message").GetString(), response.StatusCode, error.GetProperty("error_code").GetInt32());
    }
}
