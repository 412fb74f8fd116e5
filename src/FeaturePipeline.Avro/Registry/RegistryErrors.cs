using System.Net;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>What a registry client's exceptions mean: which call may succeed later, and which answer is final.</summary>
/// <remarks>Codes are those of the registry's REST protocol. Source: Confluent, "Schema Registry API Reference", errors.</remarks>
public static class RegistryErrors
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

    /// <summary>What Confluent's client gives where the answer was not the protocol's.</summary>
    public const int NoCode = -1;

    /// <summary>What Confluent's client says, as an exception without a status, of a 401 whose body is not the protocol's.</summary>
    internal const string Unauthorized = "Unauthorized";

    /// <summary>Whether an exception tells of a registry at all: it refused, did not answer, or answered something else.</summary>
    public static bool IsOfRegistry(this Exception exception) => exception is HttpRequestException;

    /// <summary>Whether the same call may succeed later: nobody answered, or with 408, 429 or 5xx.</summary>
    public static bool IsRetriable(this Exception exception) => exception switch
    {
        SchemaRegistryException refusal => MayPass(refusal.Status),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => false,
        HttpRequestException { InnerException: HttpRequestException { Message: Unauthorized } } => false,
        HttpRequestException => true,
        _ => false,
    };

    /// <summary>Whether a registry answered that it does not have what was asked for.</summary>
    /// <param name="exception">What the client threw.</param>
    /// <param name="believesBare404">Whether a 404 without the protocol's code counts; it comes from a proxy or a wrong base path as
    /// well.</param>
    public static bool IsNotFound(this Exception exception, bool believesBare404 = false) =>
        exception is SchemaRegistryException { Status: HttpStatusCode.NotFound } refusal && (believesBare404 || refusal.IsOfProtocol());

    /// <summary>Whether the registry refused a schema because of the subject's compatibility level.</summary>
    public static bool IsIncompatible(this Exception exception) => exception is SchemaRegistryException { Status: HttpStatusCode.Conflict };

    /// <summary>Whether a registry gave the refusal, and nobody in its place: its 404 have codes of their own, and nobody else says 409,
    /// 422, or who may ask. Confluent's client gives -1 for a body that is not JSON, 0 for one without a code.</summary>
    internal static bool IsOfProtocol(this SchemaRegistryException refusal) => refusal.Status switch
    {
        HttpStatusCode.NotFound => refusal.ErrorCode / 100 == (int)HttpStatusCode.NotFound,
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity => true,
        _ => refusal.ErrorCode > 0,
    };

    internal static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
}
