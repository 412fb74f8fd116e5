using System.Net;

namespace FeaturePipeline.Avro.Registry;

/// <summary>What one address answered, or why it did not.</summary>
/// <param name="Endpoint">The address.</param>
/// <param name="Said">What it did, for messages: "answered 503, code 50003: ...".</param>
/// <param name="Remedy">What to do about it.</param>
/// <param name="Code">The protocol's code, the HTTP status, or 0 if nothing answered.</param>
/// <param name="IsRetriable">Whether the same call may succeed later, or at another address.</param>
internal sealed record RegistryFault(RegistryEndpoint Endpoint, string Said, string Remedy, int Code, bool IsRetriable)
{
    /// <summary>When the address wants to be asked again; null = it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What was thrown, if anything.</summary>
    public Exception? Cause { get; init; }

    /// <summary>The address did not answer.</summary>
    public static RegistryFault Unreachable(RegistryEndpoint endpoint, string said, Exception cause) =>
        new(endpoint, said, "Check SchemaRegistry:Url and that the registry runs.", Code: 0, IsRetriable: true) { Cause = cause };

    /// <summary>The address answered, but not with what was asked for.</summary>
    public static RegistryFault Refused(RegistryEndpoint endpoint, HttpResponseMessage response, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var status = response.StatusCode;
        var (code, message) = RegistryJson.ReadError((int)status, body);
        return new RegistryFault(
            endpoint,
            $"answered {(int)status}, code {code}{(message.Length > 0 ? $": {message.TrimEnd('.')}" : "")}",
            RemedyFor(code, status),
            code,
            MayPass(status))
        {
            RetryAfter = response.Headers.RetryAfter switch
            {
                { Delta: { } wait } => wait,
                { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
                _ => null,
            },
        };
    }

    /// <summary>The exception for a call that ended with these faults, one of each address that was asked: the last one's code is told.</summary>
    public static SchemaRegistryException ToException(string what, IReadOnlyList<RegistryFault> faults)
    {
        var last = faults[^1];
        var said = faults.Count == 1
            ? $"{last.Endpoint.Base} {last.Said}"
            : $"none of {faults.Count} addresses could answer: {string.Join("; ", faults.Select(static fault => $"{fault.Endpoint.Base} {fault.Said}"))}";
        return new SchemaRegistryException($"{what}: {said}. {last.Remedy}", last.Code, last.IsRetriable, last.Cause)
        {
            RetryAfter = faults.Min(static fault => fault.RetryAfter), // whoever is back first will do
        };
    }

    private static bool MayPass(HttpStatusCode status) => status
        is HttpStatusCode.RequestTimeout
        or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError
        or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable
        or HttpStatusCode.GatewayTimeout;

    private static string RemedyFor(int code, HttpStatusCode status) => code switch
    {
        SchemaRegistryException.SchemaNotFound => "Check SchemaRegistry:Url, or whether the schema or its subject was deleted.",
        SchemaRegistryException.SubjectNotFound or SchemaRegistryException.VersionNotFound => "Check the subject's name, or whether it was deleted.",
        _ => status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                "Check SchemaRegistry:BasicAuthUserInfo, SchemaRegistry:BearerToken or the client certificate.",
            HttpStatusCode.NotFound => "Check SchemaRegistry:Url; a base path such as /apis/ccompat/v7 may be missing.",
            HttpStatusCode.Conflict => "Make the schema compatible, or change the subject's compatibility level.",
            HttpStatusCode.UnprocessableEntity => "Correct the schema or the level.",
            _ => "See the registry's log.",
        },
    };
}
