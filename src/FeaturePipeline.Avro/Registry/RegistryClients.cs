// Confluent's clients of one address, one for each context, made anew when a certificate or key was renewed on disk.
// Invariant: a client that is handed out stays usable until two renewals later; a file that can't be read (it is being written) changes
// nothing.
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Confluent.SchemaRegistry;

namespace FeaturePipeline.Avro.Registry;

internal sealed class RegistryClients : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SchemaRegistryOptions _options;
    private readonly IAuthenticationHeaderValueProvider? _credentials;
    private readonly TimeProvider _timeProvider;
    private readonly Dictionary<string, string> _properties;
    private readonly string[] _files;
    private Dictionary<string, CachedSchemaRegistryClient> _current = new(StringComparer.Ordinal);
    private Dictionary<string, CachedSchemaRegistryClient> _previous = new(StringComparer.Ordinal);
    private byte[] _content;
    private long _lookedAt;
    private bool _isDisposed;

    /// <exception cref="ArgumentException">A property or a certificate file can't be used; the message names the key.</exception>
    public RegistryClients(
        SchemaRegistryOptions options, RegistryAddress address, IAuthenticationHeaderValueProvider? credentials, TimeProvider timeProvider)
    {
        _options = options;
        _credentials = credentials ?? (options.BearerToken is { Length: > 0 } token ? new Bearer(token) : null);
        _timeProvider = timeProvider;
        _properties = RegistryProperties.Of(options, address);
        Url = address.Url;
        _files = RegistryProperties.Files(options);
        _current[RegistryContext.Default] = Create();
        _content = Digest() ?? [];
        _lookedAt = timeProvider.GetTimestamp();
    }

    /// <summary>The address, without credentials.</summary>
    public string Url { get; }

    /// <summary>The client for a context. Each has one, because a client keeps schemas by id alone.</summary>
    public CachedSchemaRegistryClient Of(string context)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_files.Length > 0 && _timeProvider.GetElapsedTime(_lookedAt) >= LookInterval)
            {
                _lookedAt = _timeProvider.GetTimestamp();
                Renew();
            }

            if (!_current.TryGetValue(context, out CachedSchemaRegistryClient? client))
            {
                _current.Add(context, client = Create());
            }

            return client;
        }
    }

    /// <summary>Has every client forget what it knows.</summary>
    public void Clear(Action<CachedSchemaRegistryClient> clear)
    {
        lock (_lock)
        {
            foreach (CachedSchemaRegistryClient client in _current.Values)
            {
                clear(client);
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (CachedSchemaRegistryClient client in _previous.Values.Concat(_current.Values))
            {
                client.Dispose();
            }
        }
    }

    private CachedSchemaRegistryClient Create()
    {
        CachedSchemaRegistryClient client;
        try
        {
            client = new CachedSchemaRegistryClient(_properties, _credentials);
        }
        catch (Exception exception)
            when (exception is ArgumentException or FormatException or OverflowException or CryptographicException or IOException)
        {
            throw RegistryProperties.Refused(_options, exception);
        }

        RegistryTls.Apply(client, _options);
        return client;
    }

    private void Renew()
    {
        if (Digest() is not { } content || content.AsSpan().SequenceEqual(_content))
        {
            return;
        }

        try
        {
            var renewed = new Dictionary<string, CachedSchemaRegistryClient>(StringComparer.Ordinal) { [RegistryContext.Default] = Create() };
            foreach (CachedSchemaRegistryClient client in _previous.Values)
            {
                client.Dispose();
            }

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
            foreach (string file in _files)
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

    // Confluent's own source of a static token asks for a logical cluster, which only Confluent Cloud has.
    private sealed class Bearer : IAuthenticationHeaderValueProvider
    {
        private readonly AuthenticationHeaderValue _header;

        public Bearer(string token) => _header = token.All(static c => c is > ' ' and <= '~')
            ? new AuthenticationHeaderValue("Bearer", token)
            : throw new RegistryOptionException(
                "SchemaRegistry:BearerToken",
                "holds a space, a line break or a character beyond ASCII. Was it read from a file with a line break at its end?");

        public AuthenticationHeaderValue GetAuthenticationHeader() => _header;
    }
}
