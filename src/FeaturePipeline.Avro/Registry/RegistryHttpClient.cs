// The HTTP client of the transport, made anew when a certificate or key was renewed on disk.
// Invariant: a client that is handed out stays usable until two renewals later; a file that can't be read (it is being written) changes nothing.
using System.Net;
using System.Security.Cryptography;

namespace FeaturePipeline.Avro.Registry;

internal sealed class RegistryHttpClient : IDisposable
{
    private const long MaxAnswerBytes = 16 << 20;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SchemaRegistryOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly string[] _files;
    private HttpClient _current;
    private HttpClient? _previous;
    private byte[] _content;
    private long _lookedAt;
    private bool _isDisposed;

    /// <exception cref="ArgumentException">A certificate file can't be used; the message names the key.</exception>
    public RegistryHttpClient(SchemaRegistryOptions options, TimeProvider timeProvider)
    {
        _options = options;
        _timeProvider = timeProvider;
        _files = [.. new[] { options.CaLocation, options.CertificateLocation, options.KeyLocation }.OfType<string>().Where(static file => file.Length > 0)];
        _current = Create(options);
        _content = Digest() ?? [];
        _lookedAt = timeProvider.GetTimestamp();
    }

    /// <summary>The client for the next request.</summary>
    public HttpClient Current()
    {
        if (_files.Length == 0)
        {
            return _current;
        }

        lock (_lock)
        {
            if (!_isDisposed && _timeProvider.GetElapsedTime(_lookedAt) >= LookInterval)
            {
                _lookedAt = _timeProvider.GetTimestamp();
                Renew();
            }

            return _current;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _previous?.Dispose();
            _current.Dispose();
        }
    }

    private void Renew()
    {
        if (Digest() is not { } content || content.AsSpan().SequenceEqual(_content))
        {
            return;
        }

        try
        {
            var renewed = Create(_options);
            _previous?.Dispose();
            (_previous, _current, _content) = (_current, renewed, content);
        }
        catch (ArgumentException)
        {
            // A certificate whose key is not written yet: looked at again after the interval.
        }
    }

    // The content and not the time: secrets are mounted as links whose own time does not change.
    private byte[]? Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            foreach (var file in _files)
            {
                hash.AppendData(File.ReadAllBytes(file));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return hash.GetHashAndReset();
    }

    private static HttpClient Create(SchemaRegistryOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = options.Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // follows changes of DNS
            UseCookies = false,
        };
        RegistryTls.Apply(handler.SslOptions, options);
        var client = new HttpClient(handler, disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        client.DefaultRequestHeaders.Accept.ParseAdd(RegistryJson.ContentType);
        client.DefaultRequestHeaders.Accept.ParseAdd("application/vnd.schemaregistry+json; q=0.9");
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json; q=0.8");
        return client;
    }
}
