using System.Net;

namespace FeaturePipeline.Avro.Registry;

/// <summary>A registry refused, does not know, or did not answer. The message never holds credentials.</summary>
/// <param name="message">What, where, and the remedy.</param>
/// <param name="errorCode">The protocol's error code (40401, 42201 ...), the HTTP status where there is none, or 0 if nothing answered.</param>
/// <param name="isRetriable">Whether the same call may succeed later.</param>
/// <param name="innerException">The cause, if another exception told it.</param>
public sealed class SchemaRegistryException(string message, int errorCode, bool isRetriable, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The protocol's code for an unknown subject.</summary>
    public const int SubjectNotFound = 40401;

    /// <summary>The protocol's code for an unknown version of a subject.</summary>
    public const int VersionNotFound = 40402;

    /// <summary>The protocol's code for an unknown schema.</summary>
    public const int SchemaNotFound = 40403;

    /// <summary>The protocol's code for deleting a subject softly that is.</summary>
    public const int SubjectSoftDeleted = 40404;

    /// <summary>The protocol's code for deleting a subject for good that is not softly deleted.</summary>
    public const int SubjectNotSoftDeleted = 40405;

    /// <summary>The protocol's code for deleting a version softly that is.</summary>
    public const int VersionSoftDeleted = 40406;

    /// <summary>The protocol's code for deleting a version for good that is not softly deleted.</summary>
    public const int VersionNotSoftDeleted = 40407;

    /// <summary>The protocol's code for a subject that has no level of its own.</summary>
    public const int SubjectLevelNotConfigured = 40408;

    /// <summary>The protocol's code for a schema that breaks the subject's compatibility level.</summary>
    public const int Incompatible = 409;

    /// <summary>The protocol's code for text that is no schema.</summary>
    public const int InvalidSchema = 42201;

    /// <summary>The protocol's code for a version that is no number from 1.</summary>
    public const int InvalidVersion = 42202;

    /// <summary>The protocol's code for deleting what another schema refers to.</summary>
    public const int ReferenceExists = 42206;

    /// <summary>Not a code of the protocol: the registry has the schema, but it can't be honoured here (rules, or not Avro).</summary>
    public const int Unsupported = -1;

    /// <summary>The protocol's error code, the HTTP status where the body had none, or 0 if nothing answered.</summary>
    public int ErrorCode { get; } = errorCode;

    /// <summary>Whether the same call may succeed later: nobody answered, or with 408, 429, 500, 502, 503 or 504.</summary>
    public bool IsRetriable { get; } = isRetriable;

    /// <summary>When the registry wants to be asked again (header <c>Retry-After</c>); null = it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the registry answered that it does not have what was asked for.</summary>
    public bool IsNotFound => StatusOf(ErrorCode) == (int)HttpStatusCode.NotFound;

    /// <summary>Whether the registry refused a schema because of the subject's compatibility level.</summary>
    public bool IsIncompatible => StatusOf(ErrorCode) == (int)HttpStatusCode.Conflict;

    // 40403 is HTTP 404 with two more digits.
    private static int StatusOf(int errorCode) => errorCode >= 10000 ? errorCode / 100 : errorCode;
}
