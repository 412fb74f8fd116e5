// What one address of a registry answered instead of what was asked for, in words.
using System.Net;
using System.Security.Authentication;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

/// <summary>A failed call at one address.</summary>
/// <param name="Address">The address, without credentials.</param>
/// <param name="Cause">What the client threw.</param>
internal sealed record RegistryFault(string Address, Exception Cause)
{
    private const string WrongPath = "Check SchemaRegistry:Url; a base path such as /apis/ccompat/v7 may be missing.";

    // Confluent's client puts them into its messages.
    private static readonly string[] CodeMarks = ["; error code: "];

    /// <summary>Whether it tells of the address and not of what was asked for, so that another address may do better.</summary>
    public bool IsOfTheAddress => Kind is FaultKind.Away or FaultKind.NotARegistry;

    private FaultKind Kind => Cause switch
    {
        SchemaRegistryException refusal when RegistryErrors.MayPass(refusal.Status) => FaultKind.Away,
        SchemaRegistryException refusal => refusal.IsOfProtocol() ? FaultKind.Refused : FaultKind.NotARegistry,
        HttpRequestException { InnerException: HttpRequestException { Message: RegistryErrors.Unauthorized } } => FaultKind.Refused,
        HttpRequestException => FaultKind.Away,
        _ when IsOfToken => Cause.InnerException is HttpRequestException { StatusCode: { } status } && !RegistryErrors.MayPass(status)
            ? FaultKind.Refused
            : FaultKind.Away,
        _ => FaultKind.NotARegistry,
    };

    // The only one of its own that Confluent's client throws without a type. The identity provider was asked as often as a registry is.
    private bool IsOfToken => Cause.GetType() == typeof(Exception);

    private enum FaultKind
    {
        Away,
        NotARegistry,
        Refused,
    }

    /// <summary>The exception for a call that ended with these faults, one of each address that was asked: that of the last one that may
    /// pass, or else of the last one, decides what it is.</summary>
    /// <param name="what">What was asked for: "Schema id 42".</param>
    /// <param name="faults">At least one.</param>
    public static HttpRequestException ToException(string what, IReadOnlyList<RegistryFault> faults)
    {
        RegistryFault last = faults.LastOrDefault(static fault => fault.Kind == FaultKind.Away) ?? faults[^1];
        string said = faults.Count == 1
            ? $"{last.Address} {last.Said()}"
            : $"none of {faults.Count} addresses could answer: {string.Join("; ", faults.Select(static fault => $"{fault.Address} {fault.Said()}"))}";
        string message = $"{what}: {said}. {last.Remedy()}";
        return last.Cause switch
        {
            SchemaRegistryException refusal => new SchemaRegistryException(message, refusal.Status, refusal.ErrorCode, refusal),
            _ => last.Kind switch
            {
                FaultKind.Refused => new SchemaRegistryException(message, HttpStatusCode.Unauthorized, RegistryErrors.NoCode, last.Cause),
                FaultKind.Away => new HttpRequestException(HttpRequestError.ConnectionError, message, last.Cause),
                _ => new HttpRequestException(HttpRequestError.InvalidResponse, message, last.Cause),
            },
        };
    }

    private string Said()
    {
        if (Cause is SchemaRegistryException refusal)
        {
            string code = refusal.ErrorCode <= 0 ? "" : FormattableString.Invariant($", code {refusal.ErrorCode}");
            string text = refusal.Message.Split(CodeMarks, StringSplitOptions.None)[0].TrimEnd('.');
            return FormattableString.Invariant($"answered {(int)refusal.Status}{code}{(text.Length > 0 ? $": {text}" : "")}");
        }

        return Kind switch
        {
            _ when IsOfToken => $"was not asked: the identity provider gave no token ({Reason(Cause)})",
            FaultKind.Refused => "answered 401",
            FaultKind.NotARegistry => $"answered something that is not the registry's protocol ({Reason(Cause)})",
            _ when IsTls => $"made no secure connection ({Reason(Cause)})",
            _ when Cause.InnerException is OperationCanceledException => $"did not answer in time ({Reason(Cause)})",
            _ => $"can't be reached ({Reason(Cause)})",
        };
    }

    private bool IsTls
    {
        get
        {
            for (Exception? cause = Cause; cause is not null; cause = cause.InnerException)
            {
                if (cause is AuthenticationException or HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
                {
                    return true;
                }
            }

            return false;
        }
    }

    private string Remedy() => (Cause as SchemaRegistryException)?.ErrorCode switch
    {
        _ when IsOfToken => "Check schema.registry.bearer.auth.* under SchemaRegistry:Client, and that the identity provider runs.",
        RegistryErrors.SchemaNotFound => "Check SchemaRegistry:Url, or whether the schema or its subject was deleted.",
        RegistryErrors.SubjectNotFound or RegistryErrors.VersionNotFound => "Check the subject's name, or whether it was deleted.",
        _ when IsTls => "Check SchemaRegistry:CaLocation (the authority of the registry's certificate), the host's name, "
            + "and SchemaRegistry:CertificateLocation.",
        _ => (Kind, (Cause as SchemaRegistryException)?.Status) switch
        {
            (FaultKind.Refused, null or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) =>
                "Check SchemaRegistry:BasicAuthUserInfo, SchemaRegistry:BearerToken or the client certificate.",
            (FaultKind.NotARegistry, _) => WrongPath,
            (_, null) => "Check SchemaRegistry:Url and that the registry runs.",
            (_, HttpStatusCode.Conflict) => "Make the schema compatible, or change the subject's compatibility level.",
            (_, HttpStatusCode.UnprocessableEntity) => "Correct the schema or the level.",
            _ => "See the registry's log.",
        },
    };

    // The innermost message is the one that says something: "Connection refused", or what is wrong with a certificate.
    private static string Reason(Exception exception) =>
        exception.InnerException is { } inner ? Reason(inner) : exception.Message.TrimEnd('.').ReplaceLineEndings(" ");
}
