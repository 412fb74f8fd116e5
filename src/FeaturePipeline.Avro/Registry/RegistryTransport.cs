// Requests to a registry: every try goes through all addresses, from the one that answered last; between tries waits grow, with jitter.
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace FeaturePipeline.Avro.Registry;

internal sealed class RegistryTransport : IDisposable
{
    private const long MaxAnswerBytes = 16 << 20;
    private const string ContentType = "application/vnd.schemaregistry.v1+json";

    private readonly RegistryEndpoint[] _endpoints;
    private readonly HttpClient _client;
    private readonly ResiliencePipeline _retries;
    private readonly ResiliencePipeline _timeout;
    private readonly TimeSpan _limit;
    private int _current;

    public RegistryTransport(SchemaRegistryOptions options, TimeProvider timeProvider)
    {
        _endpoints = RegistryEndpoint.Parse(options);
        Address = string.Join(',', _endpoints.Select(static endpoint => endpoint.Base.ToString().TrimEnd('/')));
        _limit = options.Timeout;

        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // follows changes of DNS
            UseCookies = false,
        };
        RegistryTls.Apply(handler.SslOptions, options);
        _client = new HttpClient(handler, disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        _client.DefaultRequestHeaders.Accept.ParseAdd(ContentType);
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.schemaregistry+json; q=0.9");
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/json; q=0.8");

        var retries = new ResiliencePipelineBuilder { TimeProvider = timeProvider };
        if (options.MaxTries > 1)
        {
            retries.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxTries - 1,
                Delay = options.RetryDelay,
                MaxDelay = options.MaxRetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome.Exception is SchemaRegistryException { IsRetriable: true }),
            });
        }

        _retries = retries.Build();
        _timeout = new ResiliencePipelineBuilder { TimeProvider = timeProvider }.AddTimeout(options.Timeout).Build();
    }

    /// <summary>The addresses, without credentials.</summary>
    public string Address { get; }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <param name="method">GET, POST or PUT.</param>
    /// <param name="path">Path below the address, escaped.</param>
    /// <param name="body">JSON, or null.</param>
    /// <param name="what">What was asked for, for messages: "Schema id 42".</param>
    /// <param name="read">Makes the result of the answer; throws <see cref="FormatException"/> if it is not the protocol's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<T> SendAsync<T>(
        HttpMethod method, string path, byte[]? body, string what, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        var answer = await _retries.ExecuteAsync(token => TryAllAsync(method, path, body, what, token), cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(answer);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw new SchemaRegistryException(
                $"{what}: {Address} answered something that is not the registry's protocol ({exception.Message}). "
                + "Check SchemaRegistry:Url; a base path such as /apis/ccompat/v7 may be missing.",
                errorCode: 0,
                isRetriable: false,
                exception);
        }
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<byte[]> TryAllAsync(HttpMethod method, string path, byte[]? body, string what, CancellationToken cancellationToken)
    {
        var first = Volatile.Read(ref _current);
        for (var i = 0; ; i++)
        {
            var index = (first + i) % _endpoints.Length;
            try
            {
                var answer = await TryOneAsync(_endpoints[index], method, path, body, what, cancellationToken);
                Volatile.Write(ref _current, index);
                return answer;
            }
            catch (SchemaRegistryException exception) when (exception.IsRetriable && i + 1 < _endpoints.Length)
            {
                // The next address may know more; the last one's fault is the one that is told.
            }
        }
    }

    private async Task<byte[]> TryOneAsync(
        RegistryEndpoint endpoint, HttpMethod method, string path, byte[]? body, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await _timeout.ExecuteAsync(token => ExchangeAsync(endpoint, method, path, body, what, token), cancellationToken);
        }
        catch (TimeoutRejectedException exception)
        {
            throw Unreachable(endpoint, what, $"did not answer within {_limit.TotalSeconds:0.###} s", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(endpoint, what, $"can't be reached ({Reason(exception)})", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable(endpoint, what, "did not take the connection in time", exception);
        }
    }

    private async ValueTask<byte[]> ExchangeAsync(
        RegistryEndpoint endpoint, HttpMethod method, string path, byte[]? body, string what, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(endpoint.Base, path));
        request.Headers.Authorization = endpoint.Authorization;
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(ContentType);
        }

        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.IsSuccessStatusCode ? answer : throw Refused(endpoint, what, response.StatusCode, answer);
    }

    private static SchemaRegistryException Refused(RegistryEndpoint endpoint, string what, HttpStatusCode status, byte[] body)
    {
        var (code, message) = RegistryJson.ReadError((int)status, body);
        var remedy = code switch
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
        return new SchemaRegistryException(
            $"{what}: {endpoint.Base} answered {(int)status}, code {code}{(message.Length > 0 ? $": {message.TrimEnd('.')}" : "")}. {remedy}",
            code,
            IsRetriable(status));
    }

    private static bool IsRetriable(HttpStatusCode status) => status
        is HttpStatusCode.RequestTimeout
        or HttpStatusCode.TooManyRequests
        or HttpStatusCode.InternalServerError
        or HttpStatusCode.BadGateway
        or HttpStatusCode.ServiceUnavailable
        or HttpStatusCode.GatewayTimeout;

    private static SchemaRegistryException Unreachable(RegistryEndpoint endpoint, string what, string reason, Exception cause) =>
        new($"{what}: {endpoint.Base} {reason}. Check SchemaRegistry:Url and that the registry runs.", errorCode: 0, isRetriable: true, cause);

    // The innermost message is the one that says something: "Connection refused", or what is wrong with a certificate.
    private static string Reason(Exception exception) => exception.InnerException is { } inner ? Reason(inner) : exception.Message.TrimEnd('.');
}
