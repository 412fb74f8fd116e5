using FeaturePipeline.Avro.Schemas.Compatibility;

namespace FeaturePipeline.Avro.Registry;

/// <summary>
/// A schema registry that speaks Confluent's REST protocol (<see cref="HttpSchemaRegistry"/>), or one in memory (<see cref="MockSchemaRegistry"/>).
/// Safe for use by several threads. Answers that can never change are cached.
/// </summary>
/// <remarks>Every method throws <see cref="SchemaRegistryException"/>; its <see cref="SchemaRegistryException.IsRetriable"/> tells an
/// infrastructure fault from a final answer.</remarks>
public interface ISchemaRegistry : IDisposable
{
    /// <summary>The registry's address, without credentials.</summary>
    string Address { get; }

    /// <summary>The schema of an id, with its references.</summary>
    Task<RegisteredSchema> GetByIdAsync(int id, CancellationToken cancellationToken = default);

    /// <summary>The schema of a GUID, with its references.</summary>
    Task<RegisteredSchema> GetByGuidAsync(Guid guid, CancellationToken cancellationToken = default);

    /// <summary>One version of a subject.</summary>
    Task<RegisteredSchema> GetVersionAsync(string subject, int version, CancellationToken cancellationToken = default);

    /// <summary>The latest version of a subject; never cached.</summary>
    Task<RegisteredSchema> GetLatestAsync(string subject, CancellationToken cancellationToken = default);

    /// <summary>Versions of a subject, ascending.</summary>
    Task<IReadOnlyList<int>> GetVersionsAsync(string subject, CancellationToken cancellationToken = default);

    /// <summary>All subjects.</summary>
    Task<IReadOnlyList<string>> GetSubjectsAsync(CancellationToken cancellationToken = default);

    /// <summary>Registers a schema under a subject; registering the same schema again gives the same id.</summary>
    /// <param name="subject">The subject, for example <c>user-events-value</c>.</param>
    /// <param name="schema">Text and references.</param>
    /// <param name="normalize">Whether the registry compares normalised forms, so that spelling does not make a version.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<RegisteredSchema> RegisterAsync(string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default);

    /// <summary>Id and version of a schema that is registered under a subject (error 40401 or 40403 if it is not).</summary>
    Task<RegisteredSchema> LookupAsync(string subject, SchemaDefinition schema, bool normalize = false, CancellationToken cancellationToken = default);

    /// <summary>Whether a schema may become the next version of a subject, by the subject's level. A subject without versions takes every schema.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="schema">The candidate.</param>
    /// <param name="version">The one version to compare with; null = as registration does: the latest version, or all where the level is transitive.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<CompatibilityAnswer> TestCompatibilityAsync(
        string subject, SchemaDefinition schema, int? version = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a subject: softly (ids still work, new registrations begin with the next version), or for good what is softly deleted.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="permanently">For good. Messages with ids of this subject alone can't be read any more.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The versions that were deleted. Errors: 40401, 40404, 40405, 42206.</returns>
    Task<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanently = false, CancellationToken cancellationToken = default);

    /// <summary>Deletes one version of a subject, softly or for good as <see cref="DeleteSubjectAsync"/>.</summary>
    /// <returns>The version. Errors: 40401, 40402, 40406, 40407, 42206.</returns>
    Task<int> DeleteVersionAsync(string subject, int version, bool permanently = false, CancellationToken cancellationToken = default);

    /// <summary>The compatibility level in force for a subject, or the global one.</summary>
    Task<CompatibilityLevel> GetConfigAsync(string? subject = null, CancellationToken cancellationToken = default);

    /// <summary>Sets the compatibility level of a subject, or the global one.</summary>
    Task SetConfigAsync(CompatibilityLevel level, string? subject = null, CancellationToken cancellationToken = default);
}
