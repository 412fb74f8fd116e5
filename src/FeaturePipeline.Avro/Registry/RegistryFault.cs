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
    private const string WrongPath = "Check SchemaRegistry:Url; a base path such as /apis/ccompat/v7 may be missing.";

    /// <summary>Whether it tells of the address and not of what was asked for, so that another address may do better.</summary>
    public bool IsOfTheAddress { get; init; } = IsRetriable;

    /// <summary>Whether a registry answered what was asked for, and it is no.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>When the address wants to be asked again; null = it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What was thrown, if anything.</summary>
    public Exception? Cause { get; init; }

    /// <summary>The address did not answer.</summary>
    public static RegistryFault Unreachable(RegistryEndpoint endpoint, string said, Exception cause) =>
        new(endpoint, said, "Check SchemaRegistry:Url and that the registry runs.", Code: 0, IsRetriable: true) { Cause = cause };

    /// <summary>The address answered, but not with TLS, or one side does not trust the other's certificate.</summary>
    public static RegistryFault NotTrusted(RegistryEndpoint endpoint, string reason, Exception cause) => new(
        endpoint,
        $"made no secure connection ({reason})",
        "Check SchemaRegistry:CaLocation (the authority of the registry's certificate), the host's name, and SchemaRegistry:CertificateLocation.",
        Code: 0,
        IsRetriable: true)
    {
        Cause = cause,
    };

    /// <summary>The address answered, but no registry's answer.</summary>
    public static RegistryFault NotTheProtocol(RegistryEndpoint endpoint, Exception cause) =>
        new(endpoint, $"answered something that is not the registry's protocol ({cause.Message.TrimEnd('.')})", WrongPath, Code: 0, IsRetriable: false)
        {
            Cause = cause,
            IsOfTheAddress = true,
        };

    /// <summary>The address was not asked: the source of bearer tokens gave none.</summary>
    public static RegistryFault NoToken(RegistryEndpoint endpoint, Exception cause) => new(
        endpoint,
        $"was not asked: {nameof(SchemaRegistryOptions.BearerTokenSource)} gave no token ({cause.Message.TrimEnd('.')})",
        "Check the provider of the tokens.",
        Code: 0,
        IsRetriable: true)
    {
        Cause = cause,
    };

    /// <summary>The address answered, but not with what was asked for.</summary>
    public static RegistryFault Refused(RegistryEndpoint endpoint, HttpResponseMessage response, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var status = response.StatusCode;
        var (code, message) = RegistryJson.ReadError((int)status, body);
        var isBare = code == (int)HttpStatusCode.NotFound; // a wrong base path, or a proxy without a registry
        return new RegistryFault(
            endpoint,
            $"answered {(int)status}, code {code}{(message.Length > 0 ? $": {message.TrimEnd('.')}" : "")}",
            RemedyFor(code, status),
            code,
            MayPass(status))
        {
            IsOfTheAddress = MayPass(status) || isBare,
            IsAnswer = !isBare && status is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity,
            RetryAfter = response.Headers.RetryAfter switch
            {
                { Delta: { } wait } => wait,
                { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
                _ => null,
            },
        };
    }

    /// <summary>The exception for a call that ended with these faults, one of each address that was asked: the code of the
    /// last one that may pass, or else of the last one, is told.</summary>
    public static SchemaRegistryException ToException(string what, IReadOnlyList<RegistryFault> faults)
    {
        var last = faults.LastOrDefault(static fault => fault.IsRetriable) ?? faults[^1];
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
            HttpStatusCode.NotFound => WrongPath,
            HttpStatusCode.Conflict => "Make the schema compatible, or change the subject's compatibility level.",
            HttpStatusCode.UnprocessableEntity => "Correct the schema or the level.",
            _ => "See the registry's log.",
        },
    };
}
