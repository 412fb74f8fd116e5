// Requests to a registry: every try goes through all addresses, from the one that answered last; between tries waits grow, with jitter, unless
// the registry says when it wants to be asked again. A call ends within SchemaRegistryOptions.LongestCall.
using System.Net.Http.Headers;
using System.Text.Json;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace FeaturePipeline.Avro.Registry;

internal sealed class RegistryTransport : IDisposable
{
    private readonly RegistryEndpoint[] _endpoints;
    private readonly SchemaRegistryOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly RegistryHttpClient _client;
    private readonly ResiliencePipeline _retries;
    private readonly ResiliencePipeline _timeout;
    private int _current;

    public RegistryTransport(SchemaRegistryOptions options, TimeProvider timeProvider)
    {
        _options = options.Validated();
        _timeProvider = timeProvider;
        _endpoints = RegistryEndpoint.Parse(options);
        Address = string.Join(',', _endpoints.Select(static endpoint => endpoint.Base.ToString().TrimEnd('/')));
        _client = new RegistryHttpClient(options, timeProvider);
        _retries = Retries(options, timeProvider);
        _timeout = new ResiliencePipelineBuilder { TimeProvider = timeProvider }.AddTimeout(options.Timeout).Build();
    }

    /// <summary>The addresses, without credentials.</summary>
    public string Address { get; }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <param name="method">GET, POST, PUT or DELETE.</param>
    /// <param name="path">Path below the address, escaped.</param>
    /// <param name="body">JSON, or null.</param>
    /// <param name="what">What was asked for, for messages: "Schema id 42".</param>
    /// <param name="read">Makes the result of the answer; throws <see cref="FormatException"/> if it is not the protocol's.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<T> SendAsync<T>(
        HttpMethod method, string path, byte[]? body, string what, Func<JsonElement, T> read, CancellationToken cancellationToken) =>
        await _retries.ExecuteAsync(token => TryAllAsync(method, path, body, what, read, token), cancellationToken);

    public void Dispose() => _client.Dispose();

    private static ResiliencePipeline Retries(SchemaRegistryOptions options, TimeProvider timeProvider)
    {
        var retries = new ResiliencePipelineBuilder { TimeProvider = timeProvider };
        if (options.MaxTries == 1)
        {
            return retries.Build();
        }

        var longest = options.MaxRetryDelay;
        return retries.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = options.MaxTries - 1,
            Delay = options.RetryDelay,
            MaxDelay = longest,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            DelayGenerator = arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is SchemaRegistryException { RetryAfter: { } wait } ? (wait < longest ? wait : longest) : (TimeSpan?)null),
            ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome.Exception is SchemaRegistryException { IsRetriable: true }),
        }).Build();
    }

    private async ValueTask<T> TryAllAsync<T>(
        HttpMethod method, string path, byte[]? body, string what, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        var first = Volatile.Read(ref _current);
        var faults = new List<RegistryFault>();
        for (var i = 0; i < _endpoints.Length; i++)
        {
            var index = (first + i) % _endpoints.Length;
            var (result, fault) = await TryOneAsync(_endpoints[index], method, path, body, read, cancellationToken);
            if (fault is null || fault.IsAnswer)
            {
                Volatile.Write(ref _current, index);
            }

            if (fault is null)
            {
                return result!;
            }

            if (!fault.IsOfTheAddress)
            {
                throw RegistryFault.ToException(what, [fault]);
            }

            faults.Add(fault);
        }

        throw RegistryFault.ToException(what, faults);
    }

    // The result, or a fault.
    private async ValueTask<(T? Result, RegistryFault? Fault)> TryOneAsync<T>(
        RegistryEndpoint endpoint, HttpMethod method, string path, byte[]? body, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        try
        {
            var (answer, fault) = await _timeout.ExecuteAsync(token => ExchangeAsync(endpoint, method, path, body, token), cancellationToken);
            return fault is null ? Understand(endpoint, answer!, read) : (default, fault);
        }
        catch (TimeoutRejectedException exception)
        {
            return (default, RegistryFault.Unreachable(endpoint, $"did not answer within {_options.Timeout.TotalSeconds:0.###} s", exception));
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            return (default, RegistryFault.NotTrusted(endpoint, Reason(exception), exception));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (default, RegistryFault.Unreachable(endpoint, $"can't be reached ({Reason(exception)})", exception));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return (default, RegistryFault.Unreachable(endpoint, "did not take the connection in time", exception));
        }
    }

    private static (T? Result, RegistryFault? Fault) Understand<T>(RegistryEndpoint endpoint, byte[] answer, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return (read(document.RootElement), null);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return (default, RegistryFault.NotTheProtocol(endpoint, exception));
        }
    }

    private async ValueTask<(byte[]? Answer, RegistryFault? Fault)> ExchangeAsync(
        RegistryEndpoint endpoint, HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(endpoint.Base, path));
        try
        {
            request.Headers.Authorization = _options.BearerTokenSource is { } source
                ? RegistryEndpoint.Bearer(await source(cancellationToken))
                : endpoint.Authorization;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return (null, RegistryFault.NoToken(endpoint, exception));
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(RegistryJson.ContentType);
        }

        using var response = await _client.Current().SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return response.IsSuccessStatusCode ? (answer, null) : (null, RegistryFault.Refused(endpoint, response, answer, _timeProvider.GetUtcNow()));
    }

    // The innermost message is the one that says something: "Connection refused", or what is wrong with a certificate.
    private static string Reason(Exception exception) => exception.InnerException is { } inner ? Reason(inner) : exception.Message.TrimEnd('.');
}
