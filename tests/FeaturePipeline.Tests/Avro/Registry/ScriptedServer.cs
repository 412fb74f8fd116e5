using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace FeaturePipeline.Tests.Avro.Registry;

/// <summary>One request that a <see cref="ScriptedServer"/> was sent.</summary>
internal sealed record ScriptedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>One answer. A status of 0 closes the connection without one; -1 never answers.</summary>
internal sealed record ScriptedAnswer(
    int Status, string Body = "", string ContentType = "application/vnd.schemaregistry.v1+json", string? RetryAfter = null, string? Location = null)
{
    public Encoding Encoding { get; init; } = Encoding.UTF8;

    public static readonly ScriptedAnswer HangUp = new(0);

    public static readonly ScriptedAnswer Silence = new(-1);
}

/// <summary>An HTTP server on a loopback socket that answers what the test says, with TLS if it is given a certificate.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<ScriptedRequest, ScriptedAnswer> _script;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Task _loop;

    public ScriptedServer(Func<ScriptedRequest, ScriptedAnswer> script, SslServerAuthenticationOptions? tls = null)
    {
        _script = script;
        _tls = tls;
        _listener.Start();
        _loop = Task.Run(AcceptAsync); // away from the test's own threads, which may wait for the answer
    }

    /// <summary>Answers in turn, the last one for ever.</summary>
    public ScriptedServer(params ScriptedAnswer[] answers)
        : this(InTurn(answers))
    {
    }

    /// <summary>Settings of a client whose waits between tries are short.</summary>
    public static IReadOnlyDictionary<string, string> FastRetries { get; } = new Dictionary<string, string>
    {
        ["schema.registry.retries.wait.ms"] = "1",
        ["schema.registry.retries.max.wait.ms"] = "5",
    };

    public ConcurrentQueue<ScriptedRequest> Requests { get; } = new();

    public ConcurrentQueue<X509Certificate?> Clients { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => string.Create(CultureInfo.InvariantCulture, $"{(_tls is null ? "http" : "https")}://localhost:{Port}");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _loop;
        _end.Dispose();
    }

    private static Func<ScriptedRequest, ScriptedAnswer> InTurn(ScriptedAnswer[] answers)
    {
        var next = -1;
        return _ => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)];
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!_end.IsCancellationRequested)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                _ = Task.Run(() => ServeAsync(client)); // an answer that waits must not keep others from being accepted
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var _ = client;
            Stream stream = client.GetStream();
            if (_tls is not null)
            {
                var ssl = new SslStream(stream);
                await ssl.AuthenticateAsServerAsync(_tls, _end.Token);
                Clients.Enqueue(ssl.RemoteCertificate);
                stream = ssl;
            }

            await using (stream)
            {
                while (await ReadAsync(stream) is { } request)
                {
                    Requests.Enqueue(request);
                    var answer = _script(request);
                    if (answer.Status == 0)
                    {
                        return;
                    }

                    if (answer.Status < 0)
                    {
                        await Task.Delay(Timeout.Infinite, _end.Token);
                    }

                    var body = answer.Encoding.GetBytes(answer.Body);
                    var head = $"HTTP/1.1 {answer.Status} Scripted\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {body.Length}\r\n"
                        + (answer.RetryAfter is null ? "" : $"Retry-After: {answer.RetryAfter}\r\n")
                        + (answer.Location is null ? "" : $"Location: {answer.Location}\r\n") + "\r\n";
                    await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body], _end.Token);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client went, or did not like the certificate, or the test is over.
        }
    }

    private async Task<ScriptedRequest?> ReadAsync(Stream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
            {
                return null;
            }

            head.Add(one[0]);
        }

        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _end.Token);
        return new ScriptedRequest(first[0], first[1], headers, Encoding.UTF8.GetString(body));
    }
}
